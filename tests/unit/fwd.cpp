#include <holdfast/fwd.hpp>

#include <holdfast/holdfast.hpp>

// every forward-declared name has a definition, of the kind that was declared
namespace holdfast {

template <class... Types>
constexpr bool are_defined = (... && (sizeof(Types) > 0));

static_assert(are_defined<byte_sink, byte_source, environment, error, object_key, errc, object_info, store_url>);
static_assert(are_defined<byte_range, get_options, put_options, transfer_limits>);
static_assert(are_defined<any_storage, local_storage, memory_storage>);
static_assert(are_defined<files, tar, tar_gz, extract_limits, file_tree, named_file, symlink_policy>);
static_assert(are_defined<checkpoint_reference, task_context>);
static_assert(are_defined<file_reader, reference, restored, saved_files, digest_kind, load_policy, checkpoint_options,
                          list_options>);
static_assert(are_defined<load_options, restore_options, save_options, stored_file, verification, verify_options>);

}  // namespace holdfast
