// Typed, strict reading of a mapping of the configuration. What is wrong goes to the faults; the reader goes on.
#pragma once

#include "core/base/secret.hpp"
#include "core/config/reference.hpp"

#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace gh::config {

/// What reading needs beside the tree.
struct Context {
    Faults& faults;
    References& references;
    const std::filesystem::path& directory; ///< of the configuration file
};

/// One mapping. Values that are absent or wrong leave the caller's variable as it was; a wrong one is noted.
class Section {
public:
    /// Notes every key that is not in `keys`, and anything that is not a mapping. `where` ("sources.bank") begins every message; empty at
    /// the top of the file.
    Section(Context&, const Node&, int line, std::string where, const std::vector<std::string>& keys);

    /// Null when absent.
    const Node::Entry* entry(std::string_view key) const { return node_.kind == Node::Kind::mapping ? node_.find(key) : nullptr; }
    /// The same, noting that it must be there.
    const Node::Entry* required(std::string_view key, std::string_view expected);

    /// Each: true when the key is there and good.
    bool text(std::string_view key, std::string& out, std::string* as_written = nullptr);
    bool integer(std::string_view key, int& out, int least, int most);
    bool bytes(std::string_view key, uint64_t& out, uint64_t least);
    bool duration(std::string_view key, Millis& out, Millis least, Millis most);
    bool rate(std::string_view key, double& out);
    bool file(std::string_view key, std::filesystem::path& out);
    /// One text or a list of them, without references.
    bool names(std::string_view key, std::vector<std::string>& out);
    template <class E>
    bool choice(std::string_view key, E& out, const std::vector<std::pair<std::string, E>>& choices);

    /// `key` with the section's name before it.
    std::string name(std::string_view key) const { return where_.empty() ? std::string(key) : where_ + "." + std::string(key); }
    int line() const { return line_; }
    Context& context() { return context_; }

private:
    Context& context_;
    const Node& node_;
    int line_;
    std::string where_;
};

/// A text value with its references resolved; numbers, truth values and nothing are refused. Never prints the value when `secret`.
std::optional<Resolved> read_text(Context&, const Node&, int line, const std::string& where, bool secret);
/// A text without references, as a name is.
std::optional<std::string> read_name(Context&, const Node&, int line, const std::string& where);
std::optional<Millis> read_duration(Context&, const Node&, int line, const std::string& where, Millis least, Millis most);
/// The text of a scalar without references; notes `expected` otherwise. `plain_only`: quotes are wrong too.
const std::string* scalar(Context&, const Node&, int line, const std::string& where, const std::string& expected, bool plain_only);

template <class E>
bool Section::choice(std::string_view key, E& out, const std::vector<std::pair<std::string, E>>& choices) {
    const Node::Entry* e = entry(key);
    if (!e) return false;
    std::vector<std::string> words;
    for (const auto& [word, value] : choices) words.push_back(word);
    const std::string* text = scalar(context_, *e->value, e->line, name(key), alternatives(words), false);
    if (!text) return false;
    for (const auto& [word, value] : choices)
        if (word == *text) return out = value, true;
    context_.faults.error(e->value->line,
                          name(key) + ": expected " + alternatives(words) + ", found " + shown(*text) + suggestion(*text, words));
    return false;
}

} // namespace gh::config
