#include <holdfast/default_storage.hpp>

#include <doctest/doctest.h>

#include <holdfast/detail/temp_directory.hpp>
#include <tests/support/tree_building.hpp>

using namespace holdfast;

TEST_CASE("the store is where Metaflow's configuration says") {
    const detail::temp_directory folder;
    const environment configured{
        {{"METAFLOW_DATASTORE_SYSROOT_LOCAL", folder.path().string()}}, folder.path(), folder.path()};
    CHECK(default_storage(configured).url().str() == (folder.path() / ".metaflow").string());
}

TEST_CASE("a kind of store that this build does not hold is named") {
    const environment configured{
        {{"METAFLOW_DEFAULT_DATASTORE", "s3"}, {"METAFLOW_DATASTORE_SYSROOT_S3", "s3://bucket/mf"}}, "/", "/"};
    CHECK(tree_building::failure_of([&] { default_storage(configured); }) == errc::unsupported);
}
