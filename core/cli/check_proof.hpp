// Where the proof lies that a request is genuine; conformance.hpp says what follows from it.
#pragma once

#include "core/cli/check_trial.hpp"

#include <string>
#include <vector>

namespace gh::cli {

enum class Proof { header_signature, body_signature, credential, address };

/// `essential`: headers whose change was noticed.
Proof where_proved(const plugin::Sample&, const http::Request&, const Offer& genuine, const std::vector<std::string>& essential);

} // namespace gh::cli
