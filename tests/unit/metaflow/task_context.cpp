#include <holdfast/metaflow/task_context.hpp>

#include <doctest/doctest.h>

#include <string>
#include <utility>
#include <vector>

#include <holdfast/core/error.hpp>

using namespace holdfast;

namespace {

environment with(environment::variables values) {
    return {std::move(values), {}, {}};
}

const task_context plain{.flow = "mnist", .run = "exp-7", .step = "train", .task = "0"};

template <class Action>
error refusal(Action action) {
    try {
        action();
    } catch (const error& failure) {
        return failure;
    }
    return {errc::io_failure, "test", "", "nothing was refused"};
}

bool holds(const std::string& text, std::string_view part) {
    return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("four names are enough") {
    const task_context context = plain.resolved(with({{"METAFLOW_USER", "alice"}}));
    CHECK(context.pathspec() == "mnist/exp-7/train/0");
    CHECK(context.attempt == "0");
    CHECK_FALSE(context.attempt_is_text);
    CHECK(context.identifier == "80d5b9c7c81e");
    CHECK(context.metaflow_namespace == "user:alice");
    CHECK(context.scope == "dabd1db8d35a");
    CHECK(context.uid() == "mnist/exp-7/train/0/80d5b9c7c81e/dabd1db8d35a/0");
}

TEST_CASE("what is given wins over what follows") {
    task_context given = plain;
    given.metaflow_namespace = "user:bob";
    CHECK(given.resolved(with({{"METAFLOW_USER", "alice"}})).scope == "3cf105295f91");
    given.tags = {"checkpoint:exp:1"};
    CHECK(given.resolved(with({})).scope == "dd7a946de80a");
    given.scope = "0123456789ab";
    given.identifier = "9fedb9a7aaf4";
    const task_context context = given.resolved(with({}));
    CHECK(context.scope == "0123456789ab");
    CHECK(context.identifier == "9fedb9a7aaf4");
}

TEST_CASE("resolving twice changes nothing") {
    const task_context once = plain.resolved(with({{"METAFLOW_USER", "alice"}}));
    CHECK(once.resolved(with({{"METAFLOW_USER", "bob"}})).uid() == once.uid());
}

TEST_CASE("names that cannot stand in a key are refused, and which one") {
    const std::string long_name(201, 'a');
    const std::vector<std::string> bad{"",     ".",       "..",       "a/b",    std::string("a\0b", 3),
                                       "a\nb", "a\x7F b", "\xC3\x28", long_name};
    const std::vector<std::pair<std::string task_context::*, std::string>> fields{{&task_context::flow, "flow"},
                                                                                  {&task_context::run, "run"},
                                                                                  {&task_context::step, "step"},
                                                                                  {&task_context::task, "task"}};
    for (const auto& [field, name] : fields) {
        for (const std::string& text : bad) {
            CAPTURE(name);
            task_context context = plain;
            context.*field = text;
            const error failure = refusal([&] { context.resolved(with({})); });
            CHECK(failure.kind() == errc::invalid_argument);
            CHECK(holds(failure.message(), "the " + name + " "));
        }
    }
}

TEST_CASE("names that Metaflow makes are taken") {
    for (const char* name : {"1795456525973463", "argo-f.x-9", "control-1-node-3", "t_1", "a:b", "tr\u00e4in", "..."}) {
        CAPTURE(name);
        task_context context = plain;
        context.task = name;
        CHECK(context.resolved(with({})).task == name);
    }
}

TEST_CASE("bad attempts, identifiers and scopes are refused") {
    for (const char* attempt : {"", "-1", "01", "1.0", "x", "1234567890123456789"}) {
        CAPTURE(attempt);
        task_context context = plain;
        context.attempt = attempt;
        CHECK(refusal([&] { context.resolved(with({})); }).kind() == errc::invalid_argument);
    }
    for (const char* hash : {"a92ae961560", "a92ae96156000", "A92AE9615600", "../../../etc", "a92ae961560g"}) {
        CAPTURE(hash);
        task_context context = plain;
        context.identifier = hash;
        CHECK(refusal([&] { context.resolved(with({})); }).kind() == errc::invalid_argument);
        context.identifier.clear();
        context.scope = hash;
        CHECK(refusal([&] { context.resolved(with({})); }).kind() == errc::invalid_argument);
    }
}

// The UID of a real local run, attempt 1.
TEST_CASE("METAFLOW_CHECKPOINT_UID says everything") {
    const std::string uid = "CKFlow/1795456284217386/start/1/a92ae9615600/dabd1db8d35a/1";
    const task_context context = task_context::from_environment(
        with({{"METAFLOW_CHECKPOINT_UID", uid}, {"MF_PATHSPEC", "x/1/y/2"}, {"MF_ATTEMPT", "7"}}));
    CHECK(context.pathspec() == "CKFlow/1795456284217386/start/1");
    CHECK(context.identifier == "a92ae9615600");
    CHECK(context.scope == "dabd1db8d35a");
    CHECK(context.attempt == "1");
    CHECK(context.attempt_is_text);
    CHECK(context.uid() == uid);
    CHECK(context.resolved(with({})).uid() == uid);
    CHECK(task_context::from_uid(uid).uid() == uid);
}

TEST_CASE("MF_PATHSPEC with MF_ATTEMPT") {
    const task_context context = task_context::from_environment(
        with({{"METAFLOW_CHECKPOINT_UID", ""}, {"MF_PATHSPEC", "F/12/train/34"}, {"MF_ATTEMPT", "2"}}));
    CHECK(context.pathspec() == "F/12/train/34");
    CHECK(context.attempt == "2");
    CHECK_FALSE(context.attempt_is_text);
    CHECK(context.identifier.empty());
}

TEST_CASE("the variables of Argo, with the identifier of a foreach task") {
    const task_context context =
        task_context::from_environment(with({{"METAFLOW_FLOW_NAME", "F"},
                                             {"METAFLOW_RUN_ID", "argo-f-x1"},
                                             {"METAFLOW_STEP_NAME", "train"},
                                             {"METAFLOW_TASK_ID", "t-33"},
                                             {"METAFLOW_RETRY_COUNT", "1"},
                                             {"METAFLOW_CHECKPOINT_TASK_IDENTIFIER", "9fedb9a7aaf4"}}));
    CHECK(context.pathspec() == "F/argo-f-x1/train/t-33");
    CHECK(context.attempt == "1");
    CHECK_FALSE(context.attempt_is_text);
    CHECK(context.identifier == "9fedb9a7aaf4");
}

TEST_CASE("outside a task the message names the variables") {
    // All that a task of the local runtime sees without @checkpoint.
    const error failure = refusal([] { task_context::from_environment(with({{"METAFLOW_RUN_ID", "1"}})); });
    CHECK(failure.kind() == errc::not_in_task);
    for (const char* name : {"METAFLOW_CHECKPOINT_UID", "MF_PATHSPEC", "MF_ATTEMPT", "METAFLOW_FLOW_NAME",
                             "METAFLOW_STEP_NAME", "METAFLOW_TASK_ID", "METAFLOW_RETRY_COUNT"}) {
        CHECK(holds(failure.message(), name));
    }
}

TEST_CASE("malformed variables are told by name") {
    const std::vector<std::pair<environment::variables, std::string>> rows{
        {{{"METAFLOW_CHECKPOINT_UID", "a/b/c"}}, "METAFLOW_CHECKPOINT_UID"},
        {{{"METAFLOW_CHECKPOINT_UID", "a/1/s/1/a92ae9615600/dabd1db8d35a/0/0"}}, "METAFLOW_CHECKPOINT_UID"},
        {{{"METAFLOW_CHECKPOINT_UID", "a//s/1/a92ae9615600/dabd1db8d35a/0"}}, "METAFLOW_CHECKPOINT_UID"},
        {{{"METAFLOW_CHECKPOINT_UID", "a/../s/1/a92ae9615600/dabd1db8d35a/0"}}, "METAFLOW_CHECKPOINT_UID"},
        {{{"METAFLOW_CHECKPOINT_UID", "a/1/s/1//dabd1db8d35a/0"}}, "METAFLOW_CHECKPOINT_UID"},
        {{{"METAFLOW_CHECKPOINT_UID", "a/1/s/1/a92ae9615600//0"}}, "METAFLOW_CHECKPOINT_UID"},
        {{{"METAFLOW_CHECKPOINT_UID", "a/1/s/1/a92ae9615600/dabd1db8d35a/"}}, "METAFLOW_CHECKPOINT_UID"},
        {{{"MF_PATHSPEC", "a/1/s"}, {"MF_ATTEMPT", "0"}}, "MF_PATHSPEC"},
        {{{"MF_PATHSPEC", "a/1/s/."}, {"MF_ATTEMPT", "0"}}, "MF_PATHSPEC"},
        {{{"MF_PATHSPEC", "a/1/s/1"}}, "MF_ATTEMPT"},
        {{{"MF_PATHSPEC", "a/1/s/1"}, {"MF_ATTEMPT", "first"}}, "MF_ATTEMPT"},
        {{{"MF_PATHSPEC", "a/1/s/1"}, {"MF_ATTEMPT", "0"}, {"METAFLOW_CHECKPOINT_TASK_IDENTIFIER", "x"}},
         "METAFLOW_CHECKPOINT_TASK_IDENTIFIER"},
        {{{"METAFLOW_FLOW_NAME", "F"},
          {"METAFLOW_RUN_ID", "1"},
          {"METAFLOW_STEP_NAME", "a/b"},
          {"METAFLOW_TASK_ID", "1"},
          {"METAFLOW_RETRY_COUNT", "0"}},
         "METAFLOW_STEP_NAME"},
        {{{"METAFLOW_FLOW_NAME", "F"},
          {"METAFLOW_RUN_ID", "1"},
          {"METAFLOW_STEP_NAME", "s"},
          {"METAFLOW_TASK_ID", "1"},
          {"METAFLOW_RETRY_COUNT", "{{retries}}"}},
         "METAFLOW_RETRY_COUNT"},
    };
    for (const auto& [variables, name] : rows) {
        CAPTURE(variables.begin()->second);
        const error failure = refusal([&] { task_context::from_environment(with(variables)); });
        CHECK(failure.kind() == errc::invalid_argument);
        CHECK(failure.key() == name);
    }
}

TEST_CASE("from a pathspec") {
    CHECK(task_context::from_pathspec("F/1/s/2").task == "2");
    for (const char* text : {"", "F", "F/1/s", "F/1/s/2/3", "F/1//2", "/F/1/s", "F/1/s/..", "F/1/s/2\n"}) {
        CAPTURE(text);
        CHECK(refusal([&] { task_context::from_pathspec(text); }).kind() == errc::invalid_argument);
    }
}
