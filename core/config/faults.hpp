// Collects what is wrong with a configuration, so that a person sees everything at once.
#pragma once

#include "core/config/config.hpp"

#include <string>
#include <vector>

namespace gh::config {

class Faults {
public:
    explicit Faults(std::string file) : file_(std::move(file)) {}

    /// `line` 0: the fault is about the file as a whole.
    void error(int line, std::string message) { errors_.push_back({{file_, line}, std::move(message)}); }
    void warning(int line, std::string message) { warnings_.push_back({{file_, line}, std::move(message)}); }
    /// A fault of an override: `variable` stands where the file's name would.
    void error_in(const std::string& variable, std::string message) { errors_.push_back({{variable, 0}, std::move(message)}); }

    bool any() const { return !errors_.empty(); }
    const std::string& file() const { return file_; }
    /// One line per fault, in the order of the file; beyond 1,000 only their number.
    std::string text() const;
    /// In the order of the file.
    std::vector<Diagnostic> take_warnings();

private:
    std::string file_;
    std::vector<Diagnostic> errors_;
    std::vector<Diagnostic> warnings_;
};

/// A value as it may stand in a message: quoted, control characters escaped, cut after 60 bytes.
std::string shown(std::string_view);
/// `, did you mean "x"?` or empty.
std::string suggestion(std::string_view word, const std::vector<std::string>& candidates);
/// `"a", "b" or "c"`.
std::string alternatives(const std::vector<std::string>&);

} // namespace gh::config
