#pragma once

namespace gh::app {

inline constexpr char k_version[] = "1.0.0";

} // namespace gh::app
