#ifndef HOLDFAST_FWD_HPP
#define HOLDFAST_FWD_HPP

#include <cstdint>

// The names of the vocabulary, for headers that only pass it on. Constrained templates (`checkpoint` and the like)
// are not here: to declare them takes their concepts.
namespace holdfast {

// core/
class byte_sink;
class byte_source;
class environment;
class error;
class object_key;
enum class errc;
struct object_info;
struct store_url;

// storage/
struct byte_range;
struct get_options;
struct put_options;
struct transfer_limits;
class any_storage;
class local_storage;
class memory_storage;

// archive/
struct files;
struct tar;
struct tar_gz;
struct extract_limits;
struct file_tree;
struct named_file;
enum class symlink_policy;

// metaflow/
struct artifact_document;
struct checkpoint_reference;
struct model_reference;
struct task_context;

// components
class file_reader;
class loaded_models;
class reference;
class restored;
class saved_files;
enum class digest_kind : std::uint8_t;
enum class load_policy;
struct checkpoint_options;
struct delete_options;
struct list_options;
struct load_options;
struct loaded_model;
struct model_list_options;
struct model_options;
struct model_save_options;
struct model_to_load;
struct restore_options;
struct save_options;
struct stored_file;
struct verification;
struct verify_options;

}  // namespace holdfast

#endif
