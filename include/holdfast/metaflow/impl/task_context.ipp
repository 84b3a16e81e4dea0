#ifndef HOLDFAST_METAFLOW_IMPL_TASK_CONTEXT_IPP
#define HOLDFAST_METAFLOW_IMPL_TASK_CONTEXT_IPP

#include <holdfast/metaflow/task_context.hpp>

#include <array>
#include <cstddef>

#include <holdfast/core/error.hpp>
#include <holdfast/metaflow/identity.hpp>
#include <holdfast/metaflow/spelling.hpp>

namespace holdfast {

namespace detail {

inline constexpr std::size_t context_name_limit = 200;    // bytes; a document's key then stays within 1024
inline constexpr std::size_t context_attempt_limit = 18;  // digits

[[noreturn]] inline void throw_bad_context(std::string_view origin, const std::string& message) {
    throw error(errc::invalid_argument, "identify task", origin, message);
}

// What is wrong with a name that becomes one part of a key; empty where nothing is.
inline std::string_view context_name_flaw(std::string_view name) {
    if (name == "." || name == "..") return "is '.' or '..'";
    if (name.size() > context_name_limit) return "is longer than 200 bytes";
    return key_part_flaw(name);
}

inline void check_context_name(std::string_view origin, const std::string& field, std::string_view name) {
    if (const std::string_view flaw = context_name_flaw(name); !flaw.empty()) {
        throw_bad_context(origin,
                          "the " + field + " " + std::string(flaw) +
                              "; give a name of 1 to 200 bytes of UTF-8 without '/', '?' and control characters");
    }
}

inline void check_context_attempt(std::string_view origin, std::string_view attempt) {
    if (!parse_count(attempt) || attempt.size() > context_attempt_limit) {
        throw_bad_context(origin, "the attempt is no number; give decimal digits, 0 for the first attempt");
    }
}

inline void check_context_hash(std::string_view origin, const std::string& field, std::string_view text) {
    if (!is_hash_text(text, identifier_size)) {
        throw_bad_context(
            origin, "the " + field + " is not 12 lower-case hexadecimal digits; leave it empty to have it computed");
    }
}

inline void check_context(std::string_view origin, const task_context& context) {
    check_context_name(origin, "flow", context.flow);
    check_context_name(origin, "run", context.run);
    check_context_name(origin, "step", context.step);
    check_context_name(origin, "task", context.task);
    check_context_attempt(origin, context.attempt);
    if (!context.identifier.empty()) check_context_hash(origin, "task identifier", context.identifier);
    if (!context.scope.empty()) check_context_hash(origin, "scope", context.scope);
}

inline std::vector<std::string> split_context_parts(std::string_view text) {
    std::vector<std::string> parts(1);
    for (const char c : text) {
        if (c == '/') {
            parts.emplace_back();
        } else {
            parts.back() += c;
        }
    }
    return parts;
}

inline task_context parse_context_pathspec(std::string_view origin, std::string_view pathspec) {
    const std::vector<std::string> parts = split_context_parts(pathspec);
    if (parts.size() != 4) {
        throw_bad_context(origin, "a task's pathspec has four parts, flow/run/step/task; this one has " +
                                      std::to_string(parts.size()));
    }
    return {.flow = parts[0], .run = parts[1], .step = parts[2], .task = parts[3]};
}

inline task_context parse_context_uid(std::string_view origin, std::string_view uid) {
    const std::vector<std::string> parts = split_context_parts(uid);
    if (parts.size() != 7) {
        throw_bad_context(origin,
                          "a checkpoint UID has seven parts, flow/run/step/task/identifier/scope/attempt; "
                          "this one has " +
                              std::to_string(parts.size()));
    }
    check_context_hash(origin, "task identifier", parts[4]);
    check_context_hash(origin, "scope", parts[5]);
    task_context context{.flow = parts[0],
                         .run = parts[1],
                         .step = parts[2],
                         .task = parts[3],
                         .attempt = parts[6],
                         .attempt_is_text = true,
                         .identifier = parts[4],
                         .scope = parts[5]};
    check_context(origin, context);
    return context;
}

// A variable that is set to nothing is not there.
inline std::optional<std::string> context_variable(const environment& surroundings, const std::string& name) {
    std::optional<std::string> value = surroundings.get(name);
    return value && !value->empty() ? value : std::nullopt;
}

inline std::optional<task_context> context_of_mflog(const environment& surroundings) {
    const auto pathspec = context_variable(surroundings, "MF_PATHSPEC");
    if (!pathspec) return std::nullopt;
    const auto attempt = context_variable(surroundings, "MF_ATTEMPT");
    if (!attempt) throw_bad_context("MF_ATTEMPT", "MF_PATHSPEC is set without it; set it to the number of the attempt");
    task_context context = parse_context_pathspec("MF_PATHSPEC", *pathspec);
    check_context_attempt("MF_ATTEMPT", *attempt);
    context.attempt = *attempt;
    check_context("MF_PATHSPEC", context);
    return context;
}

inline std::optional<task_context> context_of_argo(const environment& surroundings) {
    constexpr std::array<const char*, 5> names{"METAFLOW_FLOW_NAME", "METAFLOW_RUN_ID", "METAFLOW_STEP_NAME",
                                               "METAFLOW_TASK_ID", "METAFLOW_RETRY_COUNT"};
    std::array<std::string, 5> values;
    for (std::size_t i = 0; i < names.size(); ++i) {
        const auto value = context_variable(surroundings, names[i]);
        if (!value) return std::nullopt;
        values[i] = *value;
    }
    for (std::size_t i = 0; i < 4; ++i) check_context_name(names[i], "value", values[i]);
    check_context_attempt(names[4], values[4]);
    return task_context{
        .flow = values[0], .run = values[1], .step = values[2], .task = values[3], .attempt = values[4]};
}

inline void read_identifier_variable(const environment& surroundings, task_context& context) {
    constexpr const char* name = "METAFLOW_CHECKPOINT_TASK_IDENTIFIER";
    const auto identifier = context_variable(surroundings, name);
    if (!identifier) return;
    check_context_hash(name, "task identifier", *identifier);
    context.identifier = *identifier;
}

}  // namespace detail

HOLDFAST_DECL std::string task_context::pathspec() const {
    return flow + "/" + run + "/" + step + "/" + task;
}

HOLDFAST_DECL task_context task_context::resolved(const environment& surroundings) const {
    detail::check_context("task context", *this);
    task_context context = *this;
    if (context.identifier.empty()) context.identifier = metaflow::task_identifier(step);
    if (!context.scope.empty()) return context;
    if (const auto of_tags = metaflow::scope_of_tags(tags)) {
        context.scope = *of_tags;
        return context;
    }
    if (context.metaflow_namespace.empty()) context.metaflow_namespace = metaflow::current_namespace(surroundings);
    context.scope = metaflow::scope_of_namespace(context.metaflow_namespace);
    return context;
}

HOLDFAST_DECL task_context task_context::from_environment(const environment& surroundings) {
    constexpr const char* uid_variable = "METAFLOW_CHECKPOINT_UID";
    if (const auto uid = detail::context_variable(surroundings, uid_variable)) {
        return detail::parse_context_uid(uid_variable, *uid);
    }
    std::optional<task_context> context = detail::context_of_mflog(surroundings);
    if (!context) context = detail::context_of_argo(surroundings);
    if (!context) {
        throw error(errc::not_in_task, "identify task", "",
                    "no variable says which Metaflow task this is; run inside a step with @checkpoint, which sets "
                    "METAFLOW_CHECKPOINT_UID (flow/run/step/task/identifier/scope/attempt), or set MF_PATHSPEC "
                    "(flow/run/step/task) and MF_ATTEMPT, or all of METAFLOW_FLOW_NAME, METAFLOW_RUN_ID, "
                    "METAFLOW_STEP_NAME, METAFLOW_TASK_ID and METAFLOW_RETRY_COUNT, or fill a task_context");
    }
    detail::read_identifier_variable(surroundings, *context);
    return *context;
}

HOLDFAST_DECL task_context task_context::from_pathspec(std::string_view pathspec) {
    task_context context = detail::parse_context_pathspec("pathspec", pathspec);
    detail::check_context("pathspec", context);
    return context;
}

HOLDFAST_DECL task_context task_context::from_uid(std::string_view uid) {
    return detail::parse_context_uid("checkpoint UID", uid);
}

HOLDFAST_DECL std::string task_context::uid() const {
    return pathspec() + "/" + identifier + "/" + scope + "/" + attempt;
}

}  // namespace holdfast

#endif
