// A value that must not reach logs, errors, process lists or core dumps.
#pragma once

#include <string>
#include <string_view>

namespace gh {

/// Owns secret bytes on the heap and wipes them when it ends. Copies are explicit (clone); it cannot be printed.
class Secret {
public:
    Secret() = default;
    explicit Secret(std::string_view bytes) : bytes_(bytes.begin(), bytes.end()) { bytes_.reserve(32); }
    Secret(Secret&& other) noexcept : bytes_(std::move(other.bytes_)) { other.wipe(); }
    Secret& operator=(Secret&& other) noexcept;
    Secret(const Secret&) = delete;
    Secret& operator=(const Secret&) = delete;
    ~Secret() { wipe(); }

    Secret clone() const { return Secret(reveal()); }
    bool empty() const { return bytes_.empty(); }
    /// The one way to the bytes: easy to search for.
    std::string_view reveal() const { return bytes_; }

private:
    void wipe() noexcept;
    std::string bytes_;
};

} // namespace gh
