// Shared by the test of jobs and the plugin it drives.
#pragma once

#include <atomic>
#include <string>

/// Counts how many of it are alive: a frame destroyed twice, or never, shows.
class traced {
public:
    traced(const char* text = "a text that does not fit into the small buffer") : text_(text) { ++alive; }
    traced(const traced& o) : text_(o.text_) { ++alive; }
    ~traced() { --alive; }
    traced& operator=(const traced&) = default;
    static std::atomic<int> alive;

private:
    std::string text_;
};
