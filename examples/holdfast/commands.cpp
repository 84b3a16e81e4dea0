#include "commands.hpp"

#include "arguments.hpp"
#include "interrupt.hpp"
#include "listing.hpp"
#include "words.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include <holdfast/archive/tar.hpp>
#include <holdfast/archive/tar_gz.hpp>
#include <holdfast/artifact/any_artifact.hpp>
#include <holdfast/checkpoint.hpp>
#include <holdfast/load_model.hpp>
#include <holdfast/unfinished_saves.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>

namespace tool {

using holdfast::any_storage;
using holdfast::artifact_document;
using holdfast::checkpoint;
using holdfast::checkpoint_reference;
using holdfast::errc;
using holdfast::error;

namespace {

checkpoint<any_storage> in_task(const global_options& options) {
    return {store_of(options), task_of(options)};
}

checkpoint<any_storage> in_store(const global_options& options) {
    return checkpoint<any_storage>{store_of(options)};
}

bool is_wanted(const global_options& options, const artifact_document& document) {
    return !options.attempt || document.attempt == *options.attempt;
}

std::string with_files(const artifact_document& document, const std::vector<holdfast::stored_file>& files) {
    boost::json::array list;
    for (const auto& file : files) {
        boost::json::object entry{{"path", file.path}, {"size", file.size}};
        if (!file.digest.empty()) entry["digest"] = file.digest;
        list.push_back(std::move(entry));
    }
    const auto text = one_line(document);
    return text.substr(0, text.rfind('}')) + ", \"files\": " + json_text(list) + '}';
}

void describe(const artifact_document& document, const std::vector<holdfast::stored_file>& files, output& out) {
    for (const auto& [name, value] : document.fields()) {
        auto text = value.is_string() ? std::string(value.get_string()) : holdfast::to_python_json(value);
        if (name == "created_on") text += ", " + age_in_words(text, std::chrono::system_clock::now());
        if (name == "size") text += ", " + size_in_words(document.size);
        const std::string gap(name.size() < 18 ? 18 - name.size() : 1, ' ');
        out.result(printable(std::string(name) + gap + text));
    }
    out.result("");
    table rows{{{"SIZE", true}, {"DIGEST"}, {"FILE"}}};
    for (const auto& file : files) rows.rows.push_back({size_in_words(file.size), file.digest, printable(file.path)});
    out.result(rows);
}

template <class Archive>
checkpoint_reference save_as(const global_options& options, const std::string& path,
                             const holdfast::save_options& how) {
    return checkpoint<any_storage, Archive>{store_of(options), task_of(options)}.save(path, how);
}

exit_status report(const std::string& key, const holdfast::verification& seen, output& out, table& rows) {
    const std::string status(to_string(seen.status));
    if (out.json()) {
        out.result(json_text(boost::json::object{{"key", key}, {"status", status}, {"detail", seen.detail}}));
    } else {
        rows.rows.push_back({status, printable(key), printable(seen.detail)});
    }
    using result = holdfast::verification::result;
    return seen.status == result::ok || seen.status == result::unverifiable ? done : damaged;
}

}  // namespace

exit_status list(const global_options& options, const list_arguments& arguments, output& out) {
    auto found = arguments.whole_namespace ? listing::of_tasks(out) : listing::of_task(out);
    const auto stop = stop_on_interrupt();
    const auto task = in_task(options);
    for (const auto& reference : task.list({.name = arguments.name,
                                 .attempt = options.attempt,
                                 .whole_namespace = arguments.whole_namespace,
                                 .limit = arguments.limit,
                                 .on_damage = found.on_damage(),
                                 .stop = stop})) {
        found.add(reference);
    }
    return found.finish();
}

exit_status search(const global_options& options, const std::string& pathspec, output& out) {
    auto found = listing::of_tasks(out);
    const auto visit = [&](const checkpoint_reference& reference) {
        if (is_wanted(options, reference)) found.add(reference);
        return true;
    };
    const auto stop = stop_on_interrupt();
    in_store(options).search(searched_path(options, pathspec), visit, found.on_damage(), stop);
    return found.finish();
}

exit_status show(const global_options& options, const std::string& reference, output& out) {
    const auto store = store_of(options);
    const auto found = holdfast::resolve_artifact(store, reference_of(reference).key(), {});  // as it is stored
    const auto files = holdfast::list_files(store, holdfast::documented(found), {});
    const auto& document = holdfast::document_of(found);
    if (out.json()) {
        out.result(with_files(document, files));
    } else {
        describe(document, files, out);
    }
    return done;
}

exit_status save(const global_options& options, const save_arguments& arguments, output& out) {
    const holdfast::save_options how{.name = arguments.name,
                                     .metadata = holdfast::parse_metadata(arguments.metadata),
                                     .latest = !arguments.no_latest,
                                     .symlinks = links_of(arguments.follow_links),
                                     .stop = stop_on_interrupt()};
    const auto saved = arguments.format == "tar"      ? save_as<holdfast::tar>(options, arguments.path, how)
                       : arguments.format == "tar.gz" ? save_as<holdfast::tar_gz>(options, arguments.path, how)
                                                      : save_as<holdfast::files>(options, arguments.path, how);
    out.result(out.json() ? one_line(saved) : saved.key);
    out.note("saved " + size_in_words(saved.size));
    return done;
}

exit_status load(const global_options& options, const load_arguments& arguments, output& out) {
    const auto which = reference_of(arguments.reference);
    const auto loaded =
        holdfast::load_model(store_of(options), which, arguments.directory, {.stop = stop_on_interrupt()});
    if (out.json()) {
        out.result(json_text(boost::json::object{{"key", which.key()},
                                                 {"directory", arguments.directory},
                                                 {"files", loaded.files},
                                                 {"bytes", loaded.bytes}}));
    } else {
        out.result(arguments.directory);
    }
    out.note("loaded " + count_in_words(loaded.files, "file") + ", " + size_in_words(loaded.bytes));
    return done;
}

exit_status restore(const global_options& options, const restore_arguments& arguments, output& out) {
    using holdfast::load_policy;
    auto task = in_task(options);
    const auto policy = arguments.policy == "eager" ? load_policy::eager : load_policy::fresh;
    const auto found = task.restore(
        policy, {.name = arguments.name, .directory = arguments.directory, .load = {.stop = stop_on_interrupt()}});
    if (!found) {
        throw error(errc::not_found, "restore", task.context().pathspec(),
                    "there is nothing to restore; see holdfast list for what is there");
    }
    for (const auto& passed : found->skipped()) out.warning(error(passed.kind, "restore", passed.key, passed.why));
    out.result(out.json() ? one_line(found->info()) : printable(found->info().key));
    out.note("restored what was saved " + age_in_words(found->info().created_on, std::chrono::system_clock::now()));
    return done;
}

exit_status verify(const global_options& options, const verify_arguments& arguments, output& out) {
    auto found = listing::of_tasks(out);
    auto wanted = references_of(arguments.references);
    const auto stop = stop_on_interrupt();
    const auto store = store_of(options);
    if (arguments.all) {
        const auto take = [&](const holdfast::artifact_reference& each) {
            if (!is_wanted(options, holdfast::document_of(each))) return true;
            wanted.emplace_back(holdfast::document_of(each).key);
            out.progress("found " + std::to_string(wanted.size()));
            return true;
        };
        holdfast::search_artifacts(store, searched_path(options, ""), take, found.on_damage(), {}, stop);
    } else if (arguments.references.empty()) {
        for (const auto& each :
             in_task(options).list({.attempt = options.attempt, .on_damage = found.on_damage(), .stop = stop})) {
            wanted.emplace_back(each.key);
        }
    }
    exit_status status = wanted.empty() ? found.finish() : found.status();
    table rows{{{"STATUS"}, {"KEY"}, {"DETAIL"}}};
    const auto show = [&] {
        if (!rows.rows.empty()) out.result(rows);
    };
    try {
        for (std::size_t i = 0; i < wanted.size(); ++i) {
            out.progress(bar_of(i, wanted.size()) + " verifying");
            const auto seen = holdfast::verify_artifact(store, wanted[i], {}, {.stop = stop});
            status = first_problem(status, report(wanted[i].key(), seen, out, rows));
        }
    } catch (const error&) {
        show();  // what was seen before
        throw;
    }
    show();
    return status;
}

exit_status remove(const global_options& options, const std::vector<std::string>& references, output& out) {
    const auto wanted = references_of(references);
    const auto stop = stop_on_interrupt();
    const auto store = store_of(options);
    exit_status status = done;
    for (const auto& which : wanted) {
        try {
            holdfast::delete_model(store, which, {.must_exist = true, .stop = stop});
            out.note("removed " + which.key());
        } catch (const error& problem) {
            if (problem.kind() != errc::not_found) throw;
            out.failure(problem);
            status = first_problem(status, not_found);
        }
    }
    return status;
}

exit_status clean(const global_options& options, const clean_arguments& arguments, output& out) {
    const std::chrono::hours age{arguments.hours};
    const auto store = store_of(options);
    const holdfast::unfinished_options how{.stop = stop_on_interrupt()};
    const auto found = arguments.dry_run ? holdfast::find_unfinished_saves(store, age, how)
                                         : holdfast::remove_unfinished_saves(store, age, how);
    table rows{{{"SIZE", true}, {"KEY"}}};
    std::uint64_t bytes = 0;
    for (const auto& save : found) {
        bytes += save.size;
        if (out.json()) {
            out.result(
                json_text(boost::json::object{{"key", save.key}, {"objects", save.objects}, {"size", save.size}}));
        } else {
            rows.rows.push_back({size_in_words(save.size), printable(save.key)});
        }
    }
    if (!rows.rows.empty()) out.result(rows);
    out.note((arguments.dry_run ? "would free " : "freed ") + count_in_words(found.size(), "unfinished save") + ", " +
             size_in_words(bytes));
    return done;
}

}  // namespace tool
