#include "core/subscriptions/subscriptions.hpp"

#include "core/subscriptions/record.hpp"

namespace gh::subscriptions {

Subscriptions::Subscriptions(Parts parts) : parts_(std::move(parts)), operations_(parts_.run_job, parts_.store) {}
Subscriptions::~Subscriptions() = default;

void Subscriptions::configure(std::shared_ptr<const config::Config> config, std::shared_ptr<const plugin::Generation> generation) {
    const std::lock_guard lock(mutex_);
    config_ = std::move(config);
    generation_ = std::move(generation);
}

std::shared_ptr<plugin::Source> Subscriptions::find(const std::string& name, std::string& reason) const {
    const std::lock_guard lock(mutex_);
    std::vector<std::string> names;
    if (generation_)
        for (const auto& slot : generation_->slots) {
            names.push_back(slot.config->name);
            if (slot.config->name != name) continue;
            if (!slot.source) reason = "source " + name + " is not open: " + slot.reason;
            return slot.source;
        }
    const std::string near = config::nearest(name, names);
    reason =
        "there is no source \"" + name + "\"" + (near.empty() ? "; \"gatehouse sources\" lists them" : ", did you mean \"" + near + "\"?");
    return nullptr;
}

Called Subscriptions::call(const std::shared_ptr<plugin::Source>& source, const std::string& operation, const std::string& arguments_json) {
    Called out;
    if (const auto* known = find_operation(*source, operation)) out.kind = known->kind;
    out.end = operations_.call(source, operation, arguments_json);
    return out;
}

} // namespace gh::subscriptions
