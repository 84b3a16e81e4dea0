// first error: storage_backend | no `object_info put(
#include <holdfast/checkpoint.hpp>
#include <holdfast/storage/memory.hpp>

holdfast::checkpoint<holdfast::files, holdfast::memory_storage> state{holdfast::files{}};
