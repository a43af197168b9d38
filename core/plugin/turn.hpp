// One step of a job: the input it gets and the one thing it asks for.
#pragma once

#include "core/egress/client.hpp"
#include "core/plugin/job_state.hpp"

#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace gh::plugin {

/// A request as a plugin asked for it. Secrets are named, not yet in it: they are filled in just before it is sent.
struct PlannedRequest {
    egress::Request request;
    struct SecretField {
        size_t field;
        std::string secret;
    };
    std::vector<SecretField> secrets;
    std::string share_key;
    /// The request with its secrets; a secret that would break out of its header line has been refused when it was planned.
    egress::Request filled(const Secrets&) const;
};

struct AskHttp {
    std::vector<PlannedRequest> requests;
    bool all = false; ///< by http_all
};
struct AskSleep {
    Millis duration{};
};
struct AskState {
    std::vector<store::StateChange> changes;
};
using Asked = std::variant<AskHttp, AskSleep, AskState, JobEnd>;

/// The outcome of the last effect.
struct StepInput {
    int32_t kind = GATEHOUSE_INPUT_START;
    std::vector<std::shared_ptr<const egress::Response>> responses;
    gatehouse_status status = GATEHOUSE_OK;
};

/// Calls step once. What it asked for; or, when it broke a rule, the fault (already counted) as a failed end. Limits checked here: 1 to 64
/// requests at once, bodies up to 16 MiB, answers up to 64 MiB, sleeps up to a day, header lines as check_field() says, state as abi.h
/// says.
Asked step(const Job::State&, const StepInput&);

} // namespace gh::plugin
