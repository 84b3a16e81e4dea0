// first error: archive_format | no `static packed_tree pack(
#include <holdfast/checkpoint.hpp>
#include <holdfast/storage/memory.hpp>

using namespace holdfast;

struct my_archive {
    static constexpr std::string_view storage_format = "files";
    static constexpr std::string_view name = "files";
    static constexpr symlink_policy default_symlinks = symlink_policy::follow;
    static std::vector<pending_object> pack(const file_tree&);
};

template class holdfast::checkpoint<memory_storage, my_archive>;
