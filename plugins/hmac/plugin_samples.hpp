// One genuine request for each sender whose settings README.md gives, and changed copies. Made with secrets of this project's own.
#pragma once

#include <gatehouse/plugin.hpp>

std::vector<gatehouse::sample> hmac_samples();
