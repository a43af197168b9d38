#include "core/subscriptions/operations.hpp"

#include <future>

namespace gh::subscriptions {

namespace {

using Kind = OperationEnd::Kind;

OperationEnd ended(Kind kind, std::string text, Millis retry_after = Millis(0)) {
    OperationEnd end;
    end.kind = kind;
    end.text = std::move(text);
    end.retry_after = retry_after;
    return end;
}

OperationEnd failed(const plugin::JobFailure& failure) {
    using Failure = plugin::JobFailure::Kind;
    switch (failure.kind) {
        case Failure::retry:
        case Failure::cancelled:
            return ended(Kind::retry, failure.text.empty() ? "the operation was cut off" : failure.text, failure.retry_after);
        case Failure::refused:
            return ended(Kind::refused, failure.text);
        case Failure::invalid:
            return ended(Kind::invalid, failure.text);
        case Failure::fault:
            break;
    }
    return ended(Kind::fault, failure.text);
}

std::string names_of(const plugin::Source& source) {
    std::string out;
    for (const auto& operation : source.operations()) (out += out.empty() ? "" : ", ") += operation.name;
    return out;
}

} // namespace

std::string_view to_text(Kind kind) {
    static constexpr std::string_view k_texts[] = {"done",    "gone",    "unknown", "arguments", "retry",
                                                   "refused", "invalid", "fault",   "no_key"};
    return k_texts[static_cast<size_t>(kind)];
}

const plugin::Operation* find_kind(const plugin::Source& source, std::string_view kind) {
    for (const auto& operation : source.operations())
        if (operation.kind == kind) return &operation;
    return nullptr;
}

const plugin::Operation* find_operation(const plugin::Source& source, std::string_view name) {
    for (const auto& operation : source.operations())
        if (operation.name == name) return &operation;
    return nullptr;
}

Status committed(const std::function<void(store::WriteDone)>& write) {
    const auto promise = std::make_shared<std::promise<Status>>();
    auto future = promise->get_future();
    write([promise](const Status& status) { promise->set_value(status); });
    if (future.wait_for(std::chrono::seconds(30)) != std::future_status::ready) return Error{"the store did not answer within 30 s"};
    return future.get();
}

OperationEnd Operations::call(const std::shared_ptr<plugin::Source>& source, const std::string& name, const std::string& arguments_json,
                              Millis deadline) {
    if (!find_operation(*source, name)) {
        const std::string known = names_of(*source);
        std::vector<std::string> names;
        for (const auto& operation : source->operations()) names.push_back(operation.name);
        const std::string near = config::nearest(name, names);
        return ended(Kind::unknown, "source " + source->name() + " has no operation \"" + name + "\"" +
                                        (near.empty() ? "." : ", did you mean \"" + near + "\"?") +
                                        (known.empty() ? " Its plugin has none at all." : " It has: " + known + "."));
    }
    const auto arguments = source->check_arguments(name, arguments_json);
    if (!arguments) return ended(Kind::arguments, arguments.error().message);

    auto begun = source->operation(name, *arguments);
    if (const auto* fault = std::get_if<plugin::Fault>(&begun)) return ended(Kind::fault, fault->reason);
    const auto promise = std::make_shared<std::promise<plugin::JobEnd>>();
    auto future = promise->get_future();
    run_(std::move(std::get<plugin::Job>(begun)), deadline, [promise](plugin::JobEnd end) { promise->set_value(std::move(end)); });
    if (future.wait_for(deadline + std::chrono::seconds(10)) != std::future_status::ready)
        return ended(Kind::retry, "operation " + name + " did not end in time");
    plugin::JobEnd end = future.get();

    if (const auto* failure = std::get_if<plugin::JobFailure>(&end.value)) return failed(*failure);
    if (!end.state.empty()) {
        const auto stored =
            committed([&](store::WriteDone done) { store_.put_state("source:" + source->name(), end.state, std::move(done)); });
        if (!stored) return ended(Kind::fault, "what the operation wanted kept was not stored: " + stored.error().message);
        source->apply_state(end.state);
    }
    if (const auto* gone = std::get_if<plugin::JobGone>(&end.value)) return ended(Kind::gone, gone->reason);
    if (std::holds_alternative<plugin::JobResponse>(end.value))
        return ended(Kind::fault, "operation " + name + " ended with an answer for a sender, which is for routes only");
    OperationEnd out;
    out.kind = Kind::done;
    if (auto* document = std::get_if<plugin::JobDocument>(&end.value)) {
        out.content_type = std::move(document->content_type);
        out.body = std::move(document->body);
    }
    return out;
}

} // namespace gh::subscriptions
