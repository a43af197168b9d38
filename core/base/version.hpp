// The version of this program, as `--version`, the build_info metric and plugins' hello tell it.
#pragma once

#include <string_view>

namespace gh {

inline constexpr std::string_view k_version = "1.0.0";

} // namespace gh
