// JSON (RFC 8259) for places where a person waits: the admin API and the command line. Values keep their raw text, so that numbers of any
// size pass through unchanged.
#pragma once

#include "core/base/result.hpp"

#include <concepts>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace gh::json {

/// Builds one JSON text. Each object() and array() is closed by end(). The caller keeps names and values in step.
class Writer {
public:
    Writer& object();
    Writer& array();
    Writer& end();
    Writer& name(std::string_view);
    Writer& value(std::string_view);
    Writer& value(const char* text) { return value(std::string_view(text)); }
    Writer& value(const std::string& text) { return value(std::string_view(text)); }
    Writer& value(bool);
    Writer& value(double); ///< null when not finite
    template <std::integral I>
    requires(!std::same_as<I, bool>) Writer& value(I number) { return raw(std::to_string(number)); }
    template <class T>
    Writer& value(const std::optional<T>& v) {
        return v ? value(*v) : null();
    }
    Writer& null() { return raw("null"); }
    /// Text that is JSON already.
    Writer& raw(std::string_view);
    template <class T>
    Writer& member(std::string_view member_name, const T& v) {
        return name(member_name).value(v);
    }
    /// The text so far, taken out.
    std::string take() { return std::move(out_); }

private:
    void separate();
    std::string out_;
    std::string open_; ///< closing brackets still owed
    bool first_ = true;
};

enum class Kind { null, boolean, number, string, array, object };

/// One parsed value. `raw` borrows from the parsed text, which must outlive it.
struct Value {
    Value() noexcept; ///< not defaulted here: clang asks for a pair with it in it before it is complete

    Kind kind = Kind::null;
    bool boolean = false;
    std::string_view raw;
    std::string text; ///< of a string: decoded; of a number: as written
    std::vector<Value> items;
    std::vector<std::pair<std::string, Value>> members; ///< in order, duplicates kept

    /// The first member of that name; null when there is none or this is no object.
    const Value* find(std::string_view name) const;
    /// The decoded text of a string member, else empty.
    std::string_view text_of(std::string_view name) const;
    /// A number member that fits, else 0.
    int64_t integer_of(std::string_view name) const;
};

/// Strict: no comments, no trailing commas, valid UTF-8, at most 64 levels. The error says at which byte.
Result<Value> parse(std::string_view);
/// The same check without building anything.
bool is_json(std::string_view);

} // namespace gh::json
