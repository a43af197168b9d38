// How a message can be spoiled, and what a receiver must make of it.
#pragma once

#include "envelope.hpp"
#include "identity.hpp"

namespace sns_sim {

enum class form { enveloped, raw };

struct tamper_info {
    std::string_view name, about;
    std::string_view reason; ///< the code with which the plugin refuses it; "" when it must be accepted or is nobody's event
    bool enveloped, raw;     ///< the forms of delivery it makes sense for
    /// Refused for good: sent once, without retries, since it does not come from SNS.
    bool forged() const { return !reason.empty(); }
};
/// Those that make sense for a subscription of this form.
std::vector<const tamper_info*> tampers(form);
/// Throws command_error when there is none of this name for the form. Null for "".
const tamper_info* find_tamper(std::string_view name, form);

/// What a tamper needs to know of its surroundings.
struct scene {
    std::string certificate_origin; ///< "https://sns.<region>.amazonaws.com", or the simulator
    std::string trap;               ///< an address that nobody may visit
    std::string region;
};
/// Before signing: what the (good or stolen) signature covers.
void spoil_unsigned(const tamper_info*, envelope&, const scene&, identity&);
/// After it.
void spoil_signed(const tamper_info*, envelope&);
void spoil_headers(const tamper_info*, std::vector<gatehouse::header>&, const simulator_host&);
/// Whether the tamper makes a foreign key sign.
bool foreign_key(const tamper_info*);

} // namespace sns_sim
