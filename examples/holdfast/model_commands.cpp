#include "arguments.hpp"
#include "commands.hpp"
#include "interrupt.hpp"
#include "listing.hpp"
#include "words.hpp"

#include <holdfast/archive/files.hpp>
#include <holdfast/archive/tar_gz.hpp>
#include <holdfast/model.hpp>

namespace tool {

namespace {

using holdfast::any_storage;

template <class Archive>
holdfast::model_reference save_as(const global_options& options, const std::string& path,
                                  const holdfast::model_save_options& how) {
    return holdfast::model<any_storage, Archive>{store_of(options), task_of(options)}.save(path, how);
}

}  // namespace

exit_status save_model(const global_options& options, const model_save_arguments& arguments, output& out) {
    const holdfast::model_save_options how{.label = arguments.label,
                                           .metadata = holdfast::parse_metadata(arguments.metadata),
                                           .symlinks = links_of(arguments.follow_links),
                                           .stop = stop_on_interrupt()};
    const auto saved = arguments.format == "files"    ? save_as<holdfast::files>(options, arguments.path, how)
                       : arguments.format == "tar.gz" ? save_as<holdfast::tar_gz>(options, arguments.path, how)
                                                      : save_as<holdfast::tar>(options, arguments.path, how);
    out.result(out.json() ? one_line(saved) : saved.key);
    out.note("saved " + size_in_words(saved.size));
    return done;
}

exit_status list_models(const global_options& options, const model_list_arguments& arguments, output& out) {
    auto found = listing::of_models(out);
    const auto stop = stop_on_interrupt();
    const holdfast::model<any_storage> store{store_of(options)};
    for (const auto& model : store.list({.pathspec = searched_path(options, arguments.pathspec),
                             .label = arguments.label,
                             .attempt = options.attempt,
                             .limit = arguments.limit,
                             .on_damage = found.on_damage(),
                             .stop = stop})) {
        found.add(model);
    }
    return found.finish();
}

}  // namespace tool
