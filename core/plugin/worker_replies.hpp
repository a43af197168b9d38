// What a worker answered, given to the functions of the C border as its plugin would have given it. The worker is not trusted: any bytes
// may come. All texts given on lie inside the reply; what a plugin may say is judged behind those functions (turn.cpp,
// open_source_receive.cpp, enrolled.cpp), here only whether the reply is one.
#pragma once

#include "core/plugin/worker_wire.hpp"

#include <functional>
#include <string_view>
#include <vector>

namespace gh::plugin {

/// First byte of a verdict or an outcome.
enum class Said : uint8_t { none, accept, refuse, job, fault, event, respond };
/// First byte of what a step asks for.
enum class Wants : uint8_t { none, http, http_all, sleep, state, done, document, gone, response, failure, fault };
/// What each item of a batch asks for.
inline constexpr uint8_t k_verify = 1, k_handle = 2;
/// How a job begins, first byte.
inline constexpr uint8_t k_begin_fetch_back = 1, k_begin_operation = 2;

struct Replayed {
    bool sense = true; ///< false: no such reply exists; nothing was given on
    gatehouse_status status = GATEHOUSE_OK;
    std::string_view fault{}; ///< with k_told: the plugin's fault, as the worker found it
};

/// The job here that stands for the one with that number over there (never 0).
using MakeJob = std::function<gatehouse_job(uint64_t)>;

Replayed replay_verdict(std::string_view, const gatehouse_verify_answer&, const MakeJob&);
Replayed replay_outcome(std::string_view, const gatehouse_handle_answer&, const MakeJob&);
/// The number of a job in a verdict or outcome that was not replayed; 0: none.
uint64_t job_in(std::string_view);
/// What a step asks for, behind the job's number.
Replayed replay_step(wire::Reader&, const gatehouse_turn&);

/// The functions behind what is enrolled; `user` makes their argument from the place in its list.
struct EnrolledCalls {
    gatehouse_verify verify;
    gatehouse_handle handle;
    gatehouse_fetch_begin fetch_back;
    gatehouse_operation_begin operation;
    std::function<void*(size_t index)> user;
};
/// False when it makes no sense; a part may be enrolled then.
bool replay_enrolled(std::string_view, const gatehouse_registry&, const EnrolledCalls&);

/// A descriptor as a worker told it. Its texts lie in the message, its own functions do nothing.
struct ToldPlugin {
    gatehouse_plugin plugin{};
    std::vector<gatehouse_sample> samples;
    std::vector<const gatehouse_sample*> pointers;

    /// False when it makes no sense. `message`: without its kind.
    bool read(std::string_view message);
};

} // namespace gh::plugin
