// first error: archive_format | no `static packed_tree pack(const file_tree&)`
#include <holdfast/model.hpp>
#include <holdfast/storage/memory.hpp>

using namespace holdfast;

struct my_archive {
    static constexpr std::string_view storage_format = "files";
    static constexpr std::string_view name = "files";
    static constexpr symlink_policy default_symlinks = symlink_policy::follow;
};

template class holdfast::model<memory_storage, my_archive>;
