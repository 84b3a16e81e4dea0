#ifndef HOLDFAST_ARTIFACT_IMPL_LOADED_MODELS_IPP
#define HOLDFAST_ARTIFACT_IMPL_LOADED_MODELS_IPP

#include <holdfast/artifact/loaded_models.hpp>

#include <algorithm>
#include <utility>

namespace holdfast {
namespace detail {

[[noreturn]] inline void throw_not_loaded(std::string_view name, const std::vector<loaded_model>& models) {
    std::string message = "no model of this name is loaded";
    for (const auto& model : models) message += (&model == &models.front() ? "; there are " : ", ") + model.name;
    throw error(errc::not_found, "look up model", name, message);
}

}  // namespace detail

HOLDFAST_DECL bool loaded_models::contains(std::string_view name) const noexcept {
    return std::ranges::find(models_, name, &loaded_model::name) != models_.end();
}

HOLDFAST_DECL const loaded_model& loaded_models::at(std::string_view name) const {
    const auto found = std::ranges::find(models_, name, &loaded_model::name);
    if (found == models_.end()) detail::throw_not_loaded(name, models_);
    return *found;
}

HOLDFAST_DECL void loaded_models::cleanup(std::string_view name) {
    const auto found = std::ranges::find(models_, name, &loaded_model::name);
    if (found == models_.end()) detail::throw_not_loaded(name, models_);
    if (const auto own = own_.find(name); own != own_.end()) own_.erase(own);
    models_.erase(found);
}

HOLDFAST_DECL void loaded_models::insert(loaded_model model, std::optional<detail::temp_directory> own) {
    if (contains(model.name)) cleanup(model.name);
    if (own) own_.emplace(model.name, std::move(*own));
    models_.push_back(std::move(model));
}

}  // namespace holdfast

#endif
