// A JSON value that can be changed (defaults filled in, secrets taken out) and keeps what was written: numbers as text (2^64 stays 2^64),
// members in order. For settings, schemas and operation arguments. Every node wipes its text when it ends, because settings hold secrets.
#pragma once

#include "core/base/result.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace gh::plugin {

struct JsonMember;

struct Json {
    enum class Kind { null, boolean, number, string, array, object };

    Kind kind = Kind::null;
    bool truth = false;
    std::string text; ///< number: as written; string: unescaped
    std::vector<Json> items;
    std::vector<JsonMember> members;

    Json() = default;
    Json(const Json&) = default;
    Json(Json&&) = default;
    Json& operator=(const Json&) = default;
    Json& operator=(Json&&) = default;
    ~Json();

    const Json* member(std::string_view name) const;
    Json* member(std::string_view name);
    /// Follows a JSON Pointer (RFC 6901) given without its leading slash; null when there is nothing.
    const Json* at(std::string_view pointer) const;

    /// As strict as gh::json::parse, and no member may be given twice. The error names the byte, never the content.
    static Result<Json> parse(std::string_view);
    std::string write() const;
};

struct JsonMember {
    std::string name;
    Json value;
};

/// Equal as JSON values; members in any order, numbers by value.
bool same_value(const Json&, const Json&);
/// A number's value; exact for every 64-bit integer.
long double number_of(const Json&);
/// "~" and "/" written as RFC 6901 wants them inside a pointer.
std::string pointer_token(std::string_view name);

} // namespace gh::plugin
