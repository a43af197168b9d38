// Requests signed with keys of this project's own, and changed copies.
#pragma once

#include <gatehouse/plugin.hpp>

std::vector<gatehouse::sample> standard_webhooks_samples();
