// first error: storage_backend | no `object_info put(
#include <holdfast/checkpoint.hpp>

using namespace holdfast;

struct my_storage {
    object_info get(const object_key&, byte_sink&, const get_options&) const;
    std::optional<object_info> head(const object_key&) const;
    void list(std::string_view, const list_visitor&) const;
    void remove(const object_key&) const;
    store_url url() const;
};

template class holdfast::checkpoint<my_storage>;
