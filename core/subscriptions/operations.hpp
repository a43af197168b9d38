// One operation of a source, run from its arguments to its end: for operators, the reconciler and recovery.
#pragma once

#include "core/base/result.hpp"
#include "core/base/time.hpp"
#include "core/plugin/job.hpp"
#include "core/plugin/source.hpp"
#include "core/store/store.hpp"

#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace gh::subscriptions {

/// JobRunner::run.
using RunJob = std::function<void(plugin::Job, Millis deadline, std::function<void(plugin::JobEnd)>)>;

/// What became of a call. `text` is for a person: what, where, what to do next.
struct OperationEnd {
    /// done: body is what the operation gave, or empty · gone: the provider says that what was asked about does not exist · unknown: no
    /// such operation · arguments: they do not fit the schema · retry: passing trouble, try again (after retry_after, when told) ·
    /// refused: the provider refuses us · invalid: the provider's answer makes no sense, or it does not take what was asked · fault: the
    /// plugin broke a rule, or the store failed · no_key: the answer would hold a secret that cannot be kept, so nothing was called
    enum class Kind { done, gone, unknown, arguments, retry, refused, invalid, fault, no_key };
    Kind kind = Kind::fault;
    std::string content_type, body;
    std::string text;
    Millis retry_after{0};
    bool ok() const { return kind == Kind::done; }
};
std::string_view to_text(OperationEnd::Kind);

/// The first operation of that kind; null when the plugin has none.
const plugin::Operation* find_kind(const plugin::Source&, std::string_view kind);
const plugin::Operation* find_operation(const plugin::Source&, std::string_view name);

/// Waits for the write's callback.
Status committed(const std::function<void(store::WriteDone)>& write);

class Operations {
public:
    /// References outlive it.
    Operations(RunJob run, store::Store& store) : run_(std::move(run)), store_(store) {}
    virtual ~Operations() = default;

    /// Waits for the end, at most the deadline and a little. State that the operation wrote is committed before this returns. Never on a
    /// thread of the job runner or the store.
    virtual OperationEnd call(const std::shared_ptr<plugin::Source>&, const std::string& name, const std::string& arguments_json,
                              Millis deadline = std::chrono::seconds(90));

private:
    RunJob run_;
    store::Store& store_;
};

} // namespace gh::subscriptions
