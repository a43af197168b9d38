#include "core/plugin/schema.hpp"

#include <algorithm>

namespace gh::plugin {

namespace {

constexpr int k_most_schema_depth = 16;

std::optional<uint64_t> count_of(const Json& json) {
    if (json.kind != Json::Kind::number || json.text.size() > 9 || json.text.find_first_not_of("0123456789") != std::string::npos)
        return std::nullopt;
    return std::stoull(json.text);
}

bool is_annotation(const std::string& name) {
    static constexpr std::string_view known[] = {"$schema", "$id", "$comment", "title", "examples", "deprecated", "readOnly"};
    return name.starts_with("x-") || std::find(std::begin(known), std::end(known), name) != std::end(known);
}

} // namespace

Schema::Schema() = default;
Schema::Schema(Schema&&) noexcept = default;
Schema& Schema::operator=(Schema&&) noexcept = default;
Schema::~Schema() = default;

Result<Schema> Schema::compile(std::string_view text) {
    auto json = Json::parse(text);
    if (!json) return Error{"the schema is not JSON: " + json.error().message};
    auto schema = compile(*json, "#", 0);
    if (schema && (schema->types_ != std::vector<std::string>{"object"} || schema->write_only_))
        return Error{"#: the outermost schema must have \"type\": \"object\" and no \"writeOnly\""};
    return schema;
}

Result<Schema> Schema::compile(const Json& json, const std::string& place, int depth) {
    if (json.kind != Json::Kind::object) return Error{place + ": a schema must be an object"};
    if (depth > k_most_schema_depth) return Error{place + ": the schema is nested deeper than 16 levels"};
    Schema schema;
    for (const auto& [name, value] : json.members)
        if (auto reason = schema.take_keyword(name, value, place, depth); !reason.empty()) return Error{std::move(reason)};

    // An array of secrets may carry the mark at its items: it is then one setting with several values.
    if (schema.items_ && schema.items_->write_only_) schema.write_only_ = true;
    if (schema.write_only_) {
        const auto fits = [](const std::string& t) { return t == "string" || t == "array"; };
        const bool strings = !schema.items_ || schema.items_->types_ == std::vector<std::string>{"string"};
        if (schema.types_.empty() || !std::all_of(schema.types_.begin(), schema.types_.end(), fits) || !strings)
            return Error{place + ": \"writeOnly\" fits a string or an array of strings only"};
        if (schema.default_) return Error{place + ": a secret cannot have a default"};
    }
    for (const auto& name : schema.required_)
        if (std::none_of(schema.properties_.begin(), schema.properties_.end(), [&](const auto& p) { return p.name == name; }))
            return Error{place + "/required: \"" + name + "\" is not among the properties"};
    if (schema.default_) {
        std::vector<SchemaFault> faults;
        Json value = *schema.default_;
        schema.check(value, "", faults);
        if (!faults.empty()) return Error{place + "/default: " + faults.front().message};
    }
    return schema;
}

std::string Schema::take_type(const Json& value) {
    static constexpr std::string_view known[] = {"null", "boolean", "integer", "number", "string", "array", "object"};
    const auto add = [&](const Json& one) {
        if (one.kind != Json::Kind::string || std::find(std::begin(known), std::end(known), one.text) == std::end(known)) return false;
        types_.push_back(one.text);
        return true;
    };
    const bool ok =
        value.kind == Json::Kind::array ? !value.items.empty() && std::all_of(value.items.begin(), value.items.end(), add) : add(value);
    return ok ? "" : "must be one of null, boolean, integer, number, string, array, object, or a list of those";
}

std::string Schema::take_keyword(const std::string& name, const Json& value, const std::string& place, int depth) {
    const std::string here = place + "/" + name;
    const auto sub = [&](const Json& json, const std::string& at, std::unique_ptr<Schema>& out) -> std::string {
        auto schema = compile(json, at, depth + 1);
        if (!schema) return schema.error().message;
        out = std::make_unique<Schema>(std::move(*schema));
        return {};
    };
    const auto count = [&](std::optional<uint64_t>& out) {
        out = count_of(value);
        return out ? std::string() : here + ": must be a whole number";
    };
    const auto bound = [&](std::optional<Json>& out) {
        if (value.kind != Json::Kind::number) return here + ": must be a number";
        out = value;
        return std::string();
    };

    if (name == "type") {
        const auto reason = take_type(value);
        return reason.empty() ? reason : here + ": " + reason;
    }
    if (name == "enum") {
        if (value.kind != Json::Kind::array || value.items.empty()) return here + ": must be a list with at least one value";
        choices_ = value.items;
    } else if (name == "const") {
        choices_ = {value};
    } else if (name == "required") {
        if (value.kind != Json::Kind::array) return here + ": must be a list of names";
        for (const auto& item : value.items) {
            if (item.kind != Json::Kind::string) return here + ": must be a list of names";
            required_.push_back(item.text);
        }
    } else if (name == "properties") {
        if (value.kind != Json::Kind::object) return here + ": must be an object";
        for (const auto& member : value.members) {
            auto schema = compile(member.value, here + "/" + pointer_token(member.name), depth + 1);
            if (!schema) return schema.error().message;
            properties_.push_back({member.name, std::move(*schema)});
        }
        if (!others_allowed_) others_allowed_ = false;
    } else if (name == "additionalProperties") {
        others_allowed_ = value.kind != Json::Kind::boolean || value.truth;
        if (value.kind != Json::Kind::boolean) return sub(value, here, others_);
    } else if (name == "items") {
        return sub(value, here, items_);
    } else if (name == "pattern") {
        if (value.kind != Json::Kind::string) return here + ": must be a string";
        try {
            pattern_ = Pattern{value.text, std::regex(value.text, std::regex::ECMAScript)};
        } catch (const std::regex_error&) {
            return here + ": is not a regular expression (ECMA-262)";
        }
    } else if (name == "minLength") {
        return count(least_length_);
    } else if (name == "maxLength") {
        return count(most_length_);
    } else if (name == "minItems") {
        return count(least_items_);
    } else if (name == "maxItems") {
        return count(most_items_);
    } else if (name == "minimum") {
        return bound(minimum_);
    } else if (name == "maximum") {
        return bound(maximum_);
    } else if (name == "default") {
        default_ = value;
    } else if (name == "format") {
        uri_ = value.text == "uri";
    } else if (name == "writeOnly") {
        write_only_ = value.truth;
    } else if (name == "x-captured") {
        captured_ = value.truth;
    } else if (name == "description") {
        description_ = value.text;
    } else if (!is_annotation(name)) {
        return here + ": this keyword is not supported (see core/plugin/schema.hpp for those that are; \"x-…\" is free for notes)";
    }
    return {};
}

const Schema* Schema::property(std::string_view name) const {
    const auto found = std::find_if(properties_.begin(), properties_.end(), [&](const SchemaProperty& p) { return p.name == name; });
    return found != properties_.end() ? &found->schema : others_.get();
}

const Schema* Schema::at(std::string_view pointer) const {
    const Schema* here = this;
    for (bool more = true; more && here;) {
        const size_t slash = pointer.find('/');
        const auto token = pointer.substr(0, slash);
        more = slash != pointer.npos;
        pointer.remove_prefix(more ? slash + 1 : pointer.size());
        here = here->items_ ? here->items_.get() : here->property(token);
    }
    return here;
}

} // namespace gh::plugin
