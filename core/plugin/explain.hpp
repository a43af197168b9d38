// What verifiers show of their working (interface gatehouse.explain/1, sdk/include/gatehouse/explain.hpp). Only offline verification
// listens.
#pragma once

#include <functional>
#include <string_view>

namespace gh::plugin {

/// title: what it is, a few words; detail: the bytes. Called from inside verify(), on its thread.
using Explain = std::function<void(std::string_view title, std::string_view detail)>;

} // namespace gh::plugin
