#ifndef HOLDFAST_METAFLOW_TASK_CONTEXT_HPP
#define HOLDFAST_METAFLOW_TASK_CONTEXT_HPP

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <holdfast/core/environment.hpp>
#include <holdfast/detail/config.hpp>

namespace holdfast {

/// Which task saves and restores. Four names are enough; the rest follows from them.
struct task_context {
    std::string flow;
    std::string run;
    std::string step;
    std::string task;
    std::string attempt = "0";     ///< digits, 0-based
    bool attempt_is_text = false;  ///< how documents carry it: as text (children of a Python task) or as a number
    std::string identifier = {};   ///< 12 hex digits; empty: that of a plain task of `step`
    std::string scope = {};        ///< 12 hex digits; empty: that of `tags`, else of `metaflow_namespace`
    std::string metaflow_namespace = {};  ///< "user:NAME" or "production:TOKEN"; empty: that of the surroundings
    std::vector<std::string> tags = {};   ///< of the run; `checkpoint:NAME` chooses the scope

    /// "flow/run/step/task".
    HOLDFAST_DECL std::string pathspec() const;

    /// A context with every field filled in (the namespace only where the scope follows from it). Errors:
    /// `invalid_argument` for a name that is empty or holds '/', is "." or "..", a bad attempt, identifier or scope.
    HOLDFAST_DECL task_context resolved(const environment& surroundings = environment::of_process()) const;

    /// What the process's variables say: METAFLOW_CHECKPOINT_UID; else MF_PATHSPEC with MF_ATTEMPT; else
    /// METAFLOW_FLOW_NAME, METAFLOW_RUN_ID, METAFLOW_STEP_NAME, METAFLOW_TASK_ID and METAFLOW_RETRY_COUNT (Argo).
    /// Errors: `not_in_task` where none is there, `invalid_argument` where one is malformed; the message names the
    /// variables.
    HOLDFAST_DECL static task_context from_environment(const environment& surroundings = environment::of_process());

    /// From "flow/run/step/task". Errors: `invalid_argument`.
    HOLDFAST_DECL static task_context from_pathspec(std::string_view pathspec);

    /// From the seven parts of METAFLOW_CHECKPOINT_UID. Errors: `invalid_argument`.
    HOLDFAST_DECL static task_context from_uid(std::string_view uid);

    /// The text of METAFLOW_CHECKPOINT_UID for a resolved context.
    HOLDFAST_DECL std::string uid() const;
};

}  // namespace holdfast

#ifndef HOLDFAST_SEPARATE_COMPILATION
#include <holdfast/metaflow/impl/task_context.ipp>
#endif

#endif
