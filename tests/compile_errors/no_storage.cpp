// first error: storage_backend | no `object_info put(
#include <holdfast/checkpoint.hpp>

#include <string>

int main() { holdfast::checkpoint state{std::string{"s3://bucket/prefix"}}; }
