// holdfast: looks after the checkpoints and models of a store. Exit status: 0 done; 1 failed; 2 wrong usage; 3 not
// found; 4 corrupt or unsafe content.
#include "commands.hpp"

#include <CLI/CLI.hpp>

#include <holdfast/core/error.hpp>
#include <holdfast/version.hpp>

#include <algorithm>
#include <exception>
#include <functional>
#include <span>
#include <string>
#include <string_view>

namespace {

using namespace tool;

/// The program's arguments, and what they ask for.
class command_line {
public:
    command_line() {
        app_.require_subcommand(0, 1);
        app_.final_callback([this] {
            if (!chosen_)
                throw CLI::RequiredError(
                    "a command (list, search, show, save, load, restore, verify, remove, clean, model)");
        });
        app_.fallthrough();
        app_.set_version_flag("--version", "holdfast " + std::string(holdfast::version));
        add_global_options();
        add_list();
        add_search();
        add_show();
        add_save();
        add_load(app_);
        add_restore();
        add_verify();
        add_remove(app_);
        add_clean();
        add_model();
    }

    CLI::App& app() { return app_; }
    const global_options& options() const { return options_; }
    exit_status run(output& out) const { return chosen_(options_, out); }

private:
    using command = std::function<exit_status(const global_options&, output&)>;

    CLI::App* add_command(const std::string& name, const std::string& description, command run) {
        return add_command(app_, name, description, std::move(run));
    }

    CLI::App* add_command(CLI::App& parent, const std::string& name, const std::string& description, command run) {
        auto* added = parent.add_subcommand(name, description);
        added->callback([this, run = std::move(run)] { chosen_ = run; });
        return added;
    }

    void add_global_options() {
        app_.add_option("--store", options_.store, "the store's root, a path or URL; default: what Metaflow uses here")
            ->type_name("URL");
        app_.add_option("--task", options_.task, "default: METAFLOW_CHECKPOINT_UID, else MF_PATHSPEC")
            ->type_name("FLOW/RUN/STEP/TASK");
        app_.add_option("--attempt", options_.attempt, "of the task, from 0")->type_name("N")->check(digits());
        app_.add_option("--namespace", options_.metaflow_namespace, "like user:alice")->type_name("NS");
        app_.add_option("--tag", options_.tags, "of the run; checkpoint:NAME selects the scope; may be repeated")
            ->type_name("T")
            ->allow_extra_args(false);
        app_.add_flag("--json", options_.json, "one JSON object a line");
        app_.add_flag("--quiet", options_.quiet, "no progress");
    }

    void add_list() {
        auto* added = add_command("list", "The checkpoints of the task, newest first",
                                  [this](const auto& options, output& out) { return list(options, list_, out); });
        added->add_option("--name", list_.name, "only of this name");
        added->add_flag("--whole-namespace", list_.whole_namespace, "of every run with this step and scope");
        added->add_option("--limit", list_.limit, "only the newest N")->type_name("N")->check(digits());
    }

    void add_search() {
        auto* added = add_command("search", "Every checkpoint below a flow, run, step or task",
                                  [this](const auto& options, output& out) { return search(options, pathspec_, out); });
        added
            ->add_option("PATHSPEC", pathspec_,
                         "FLOW[/RUN[/STEP[/TASK]]]; default: that of --task, else the whole store")
            ->type_name("");
    }

    void add_show() {
        auto* added = add_command("show", "The document and the files of a checkpoint or model",
                                  [this](const auto& options, output& out) { return show(options, reference_, out); });
        added->add_option("REFERENCE", reference_, reference_help)->required()->type_name("");
    }

    void add_save() {
        auto* added = add_command("save", "Saves a file, or what a directory holds",
                                  [this](const auto& options, output& out) { return save(options, save_, out); });
        added->add_option("PATH", save_.path)->required()->type_name("");
        added->add_option("--name", save_.name, "no '.', '/' or '?'")->capture_default_str();
        added->add_option("--metadata", save_.metadata, "a JSON object to keep with it")->type_name("JSON");
        added->add_option("--format", save_.format)
            ->check(CLI::IsMember({"files", "tar", "tar.gz"}))
            ->capture_default_str();
        add_follow_links(*added, save_.follow_links);
        added->add_flag("--no-latest", save_.no_latest, "a restart does not restore it");
    }

    void add_load(CLI::App& parent) {
        auto* added = add_command(parent, "load", "Loads a checkpoint or model into a directory",
                                  [this](const auto& options, output& out) { return load(options, load_, out); });
        added->add_option("REFERENCE", load_.reference, reference_help)->required()->type_name("");
        added->add_option("DIR", load_.directory, "keeps its other files")->required()->type_name("");
    }

    void add_restore() {
        auto* added =
            add_command("restore", "Loads what a restarted task goes on from; exit status 3 where there is none",
                        [this](const auto& options, output& out) { return restore(options, restore_, out); });
        added->add_option("DIR", restore_.directory)->required()->type_name("");
        added->add_option("--policy", restore_.policy, "fresh: of this task; eager: else of this step in any run")
            ->check(CLI::IsMember({"fresh", "eager"}))
            ->capture_default_str();
        added->add_option("--name", restore_.name, "the newest good one of this name, whatever is the latest");
    }

    void add_verify() {
        auto* added = add_command("verify", "Reads every byte and compares it with what was saved",
                                  [this](const auto& options, output& out) { return verify(options, verify_, out); });
        auto* some = added->add_option("REFERENCE", verify_.references, "default: every checkpoint of the task");
        some->type_name("");
        added->add_flag("--all", verify_.all, "every checkpoint, hub entry and model of the store, or of --task")
            ->excludes(some);
    }

    void add_remove(CLI::App& parent) {
        auto* added =
            add_command(parent, "remove", "Removes checkpoints and models",
                        [this](const auto& options, output& out) { return remove(options, references_, out); });
        added->add_option("REFERENCE", references_, reference_help)->required()->type_name("");
    }

    void add_clean() {
        auto* added = add_command("clean", "Frees what saves that were killed have left: data that no document names",
                                  [this](const auto& options, output& out) { return clean(options, clean_, out); });
        added->add_option("--age", clean_.hours, "only what was last written to so long ago; more than any save takes")
            ->type_name("HOURS")
            ->check(digits())
            ->check(CLI::Range(0L, 1'000'000L))  // a century; far longer ones overflow
            ->capture_default_str();
        added->add_flag("--dry-run", clean_.dry_run, "only shows it");
    }

    void add_model() {
        auto* parent = app_.add_subcommand("model", "Saves, loads, lists and removes models");
        parent->require_subcommand(1)->fallthrough();
        add_model_save(*parent);
        add_load(*parent);
        add_model_list(*parent);
        add_remove(*parent);
    }

    void add_model_save(CLI::App& parent) {
        auto* added =
            add_command(parent, "save", "Saves a file, or what a directory holds, as a model",
                        [this](const auto& options, output& out) { return save_model(options, model_save_, out); });
        added->add_option("PATH", model_save_.path)->required()->type_name("");
        added->add_option("--label", model_save_.label, "no '/' or '?'; default: FLOW_STEP");
        added->add_option("--metadata", model_save_.metadata, "a JSON object to keep with it")->type_name("JSON");
        added->add_option("--format", model_save_.format)
            ->check(CLI::IsMember({"files", "tar", "tar.gz"}))
            ->capture_default_str();
        add_follow_links(*added, model_save_.follow_links);
    }

    static void add_follow_links(CLI::App& command, bool& follow_links) {
        command.add_flag("--follow-links", follow_links, "saves what symbolic links name in their place");
    }

    void add_model_list(CLI::App& parent) {
        auto* added =
            add_command(parent, "list", "The models below a flow, run, step or task, newest first",
                        [this](const auto& options, output& out) { return list_models(options, model_list_, out); });
        added
            ->add_option("PATHSPEC", model_list_.pathspec,
                         "FLOW[/RUN[/STEP[/TASK]]]; default: that of --task, else the whole store")
            ->type_name("");
        added->add_option("--label", model_list_.label, "only of this label");
        added->add_option("--limit", model_list_.limit, "only the newest N")->type_name("N")->check(digits());
    }

    static CLI::Validator digits() {
        return CLI::Validator(
            [](const std::string& text) {
                const bool is_octal = text.size() > 1 && text.front() == '0';  // to whoever reads it next
                const bool good = !is_octal && text.size() <= 18 &&
                                  std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
                return good && !text.empty() ? std::string() : "'" + text + "' is no count, like 0 or 12";
            },
            "");
    }

    static constexpr const char* reference_help = "a key, the JSON text of a reference, @FILE, or - for standard input";

    CLI::App app_{"Looks after the checkpoints and models in a store.", "holdfast"};
    command chosen_;
    global_options options_;
    list_arguments list_;
    std::string pathspec_;
    std::string reference_;
    std::vector<std::string> references_;
    save_arguments save_;
    load_arguments load_;
    restore_arguments restore_;
    verify_arguments verify_;
    clean_arguments clean_;
    model_save_arguments model_save_;
    model_list_arguments model_list_;
};

exit_status run(const command_line& line, output& out) {
    try {
        const auto status = line.run(out);
        out.finish();
        return status;
    } catch (const holdfast::error& problem) {
        out.failure(problem);
        return status_of(problem.kind());
    } catch (const std::exception& problem) {
        out.failure(holdfast::error(holdfast::errc::io_failure, "run", "", problem.what()));
        return failed;
    }
}

exit_status refuse(const CLI::ParseError& problem, bool json) {
    const auto message = std::string(problem.what()) + "; see holdfast --help, or holdfast COMMAND --help";
    output(json, true).failure(holdfast::error(holdfast::errc::invalid_argument, "read arguments", "", message));
    return wrong_usage;
}

}  // namespace

int main(int argc, char** argv) {
    command_line line;
    try {
        line.app().parse(argc, argv);
    } catch (const CLI::Success& asked) {
        return line.app().exit(asked);
    } catch (const CLI::ParseError& problem) {
        const std::span words(argv, static_cast<std::size_t>(argc));
        return refuse(problem, std::ranges::any_of(words, [](std::string_view word) { return word == "--json"; }));
    }
    output out{line.options().json, line.options().quiet};
    return run(line, out);
}
