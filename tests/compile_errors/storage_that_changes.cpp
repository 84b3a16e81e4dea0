// first error: storage_backend | no `void remove(const object_key&) const`
#include <holdfast/checkpoint.hpp>

using namespace holdfast;

struct my_storage {
    object_info put(const object_key&, const byte_source&, const put_options&) const;
    object_info get(const object_key&, byte_sink&, const get_options&) const;
    std::optional<object_info> head(const object_key&) const;
    void list(std::string_view, const list_visitor&) const;
    void remove(const object_key&);
    store_url url() const;
};

template class holdfast::checkpoint<my_storage>;
