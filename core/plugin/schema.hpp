// The part of JSON Schema that settings and operation arguments need: type, enum, const, required, properties, additionalProperties,
// items, minItems, maxItems, pattern, minLength, maxLength, minimum, maximum, default, format, writeOnly, and the annotations. One
// annotation means something here: "x-captured": true at a secret setting, see Schema::captured().
//
// Stricter than JSON Schema in two ways, so that no mistake passes silently: a keyword that is not listed above refuses the schema, and an
// object with "properties" takes no others unless "additionalProperties" says so.
#pragma once

#include "core/base/result.hpp"
#include "core/plugin/json.hpp"

#include <memory>
#include <optional>
#include <regex>
#include <string>
#include <string_view>
#include <vector>

namespace gh::plugin {

/// What is wrong with a value. `pointer` (JSON Pointer) is where to look in the file, `place` what the message is about; they differ for
/// an unknown key, which stands in its own line but is a fault of the object around it. Never quotes a value: it may be a secret.
struct SchemaFault {
    std::string pointer, place, message;
};

struct SchemaProperty;

/// Immutable after compile(); any thread.
class Schema {
public:
    /// The error says where in the schema and what is allowed there. The outermost type must be an object.
    static Result<Schema> compile(std::string_view json);

    Schema(Schema&&) noexcept;
    Schema& operator=(Schema&&) noexcept;
    ~Schema();

    /// Checks `value` and fills defaults in.
    std::vector<SchemaFault> check(Json& value) const;
    bool write_only() const { return write_only_; }
    bool uri() const { return uri_; }
    /// "x-captured": true: a secret whose value the provider gives when something is subscribed.
    bool captured() const { return captured_; }
    const std::vector<SchemaProperty>& properties() const { return properties_; }
    /// The schema of a member of an object or, for an array, of its items; null when it has none.
    const Schema* property(std::string_view name) const;
    const Schema* items() const { return items_.get(); }
    /// The schema at a JSON Pointer without leading slash; null when the schema knows no such place.
    const Schema* at(std::string_view pointer) const;

private:
    struct Pattern {
        std::string text;
        std::regex compiled;
    };
    Schema();
    static Result<Schema> compile(const Json&, const std::string& place, int depth);
    std::string take_keyword(const std::string& name, const Json&, const std::string& place, int depth);
    std::string take_type(const Json&);
    void check(Json&, const std::string& pointer, std::vector<SchemaFault>&) const;
    void check_string(const Json&, const std::string& pointer, std::vector<SchemaFault>&) const;
    void check_number(const Json&, const std::string& pointer, std::vector<SchemaFault>&) const;
    void check_array(Json&, const std::string& pointer, std::vector<SchemaFault>&) const;
    void check_object(Json&, const std::string& pointer, std::vector<SchemaFault>&) const;
    bool allows(const Json&) const;

    std::vector<std::string> types_; ///< empty: any
    std::vector<Json> choices_;      ///< enum or const; empty: any
    std::vector<SchemaProperty> properties_;
    std::vector<std::string> required_;
    std::unique_ptr<Schema> items_, others_;
    std::optional<bool> others_allowed_;
    std::optional<Pattern> pattern_;
    std::optional<uint64_t> least_length_, most_length_, least_items_, most_items_;
    std::optional<Json> minimum_, maximum_, default_;
    std::string description_;
    bool uri_ = false, write_only_ = false, captured_ = false;
};

struct SchemaProperty {
    std::string name;
    Schema schema;
};

} // namespace gh::plugin
