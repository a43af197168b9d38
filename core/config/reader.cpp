#include "core/config/reader.hpp"

#include <algorithm>
#include <charconv>

namespace gh::config {

namespace {

constexpr const char* k_duration_form = "a duration with its unit, such as 500ms, 15s, 5m, 2h or 30d";

template <class N>
std::optional<N> whole_number(std::string_view text) {
    // A leading zero is read as octal by some and as decimal by others, so it is refused.
    if (text.empty() || (text.size() > 1 && text[0] == '0')) return std::nullopt;
    N value{};
    const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (fault != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return value;
}

std::optional<uint64_t> byte_count(std::string_view text) {
    for (const auto& [unit, shift] : {std::pair<std::string_view, int>{"KiB", 10}, {"MiB", 20}, {"GiB", 30}}) {
        if (!text.ends_with(unit)) continue;
        const auto n = whole_number<uint64_t>(text.substr(0, text.size() - unit.size()));
        return n && *n <= (UINT64_MAX >> 1 >> shift) ? std::optional(*n << shift) : std::nullopt;
    }
    return whole_number<uint64_t>(text);
}

std::optional<double> per_second(std::string_view text) {
    if (text.size() < 3 || text[text.size() - 2] != '/') return std::nullopt;
    const char unit = text.back();
    const double seconds = unit == 's' ? 1 : unit == 'm' ? 60 : unit == 'h' ? 3600 : 0;
    text.remove_suffix(2);
    if (seconds == 0 || text.find_first_not_of("0123456789.") != text.npos || !is_json_number(text)) return std::nullopt;
    double value = 0;
    const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (fault != std::errc{} || end != text.data() + text.size() || !(value > 0) || value > 1e9) return std::nullopt;
    return value / seconds;
}

} // namespace

Section::Section(Context& context, const Node& node, int line, std::string where, const std::vector<std::string>& keys)
    : context_(context), node_(node), line_(line), where_(std::move(where)) {
    if (node.kind != Node::Kind::mapping) {
        context.faults.error(node.line, (where_.empty() ? "the configuration" : where_) + ": expected a mapping with " +
                                            alternatives(keys) + ", found " + node.described());
        return;
    }
    for (const Node::Entry& e : node.entries)
        if (std::find(keys.begin(), keys.end(), e.key) == keys.end())
            context.faults.error(e.line,
                                 (where_.empty() ? "" : where_ + ": ") + "unknown key " + shown(e.key) +
                                     (nearest(e.key, keys).empty() ? "; known are " + alternatives(keys) : suggestion(e.key, keys)));
}

const Node::Entry* Section::required(std::string_view key, std::string_view expected) {
    const Node::Entry* e = entry(key);
    if (!e && node_.kind == Node::Kind::mapping)
        context_.faults.error(line_, where_ + ": " + shown(key) + " is missing; give " + std::string(expected));
    return e;
}

const std::string* scalar(Context& context, const Node& node, int line, const std::string& where, const std::string& expected,
                          bool plain_only) {
    const int at = node.kind == Node::Kind::null ? line : node.line;
    if (node.kind != Node::Kind::scalar) {
        context.faults.error(at, where + ": expected " + expected + ", found " + node.described());
    } else if (References::present(node.text)) {
        context.faults.error(at, where + ": expected " + expected + "; references are for texts only, write the value itself");
    } else if (plain_only && !node.plain) {
        context.faults.error(at, where + ": expected " + expected + " without quotes, found " + node.described());
    } else {
        return &node.text;
    }
    return nullptr;
}

std::optional<Resolved> read_text(Context& context, const Node& node, int line, const std::string& where, bool secret) {
    if (node.kind != Node::Kind::scalar) {
        context.faults.error(node.kind == Node::Kind::null ? line : node.line, where + ": expected a text, found " + node.described());
        return std::nullopt;
    }
    if (node.plain && !References::present(node.text)) {
        const Scalar type = scalar_type(node.text);
        if (type != Scalar::text) {
            context.faults.error(node.line, where + ": expected a text, found " + (type == Scalar::boolean ? "a truth value" : "a number") +
                                                (secret ? "" : " (" + shown(node.text) + ")") + "; put it in quotes if it is meant");
            return std::nullopt;
        }
    }
    return context.references.resolve(node.text, node.line, where);
}

std::optional<std::string> read_name(Context& context, const Node& node, int line, const std::string& where) {
    const std::string* text = scalar(context, node, line, where, "a name", false);
    if (!text) return std::nullopt;
    if (text->empty()) {
        context.faults.error(node.line, where + ": is empty; give a name");
        return std::nullopt;
    }
    return *text;
}

std::optional<Millis> read_duration(Context& context, const Node& node, int line, const std::string& where, Millis least, Millis most) {
    const std::string* text = scalar(context, node, line, where, k_duration_form, false);
    if (!text) return std::nullopt;
    const auto value = parse_duration(*text);
    if (!value || (text->size() > 1 && (*text)[0] == '0' && (*text)[1] >= '0' && (*text)[1] <= '9')) {
        context.faults.error(node.line, where + ": expected " + k_duration_form + ", found " + node.described());
        return std::nullopt;
    }
    if (*value < least || *value > most) {
        context.faults.error(node.line, where + ": must be from " + to_text(least) + " to " + to_text(most) + ", found " + shown(*text));
        return std::nullopt;
    }
    return value;
}

bool Section::text(std::string_view key, std::string& out, std::string* as_written) {
    const Node::Entry* e = entry(key);
    if (!e) return false;
    auto value = read_text(context_, *e->value, e->line, name(key), false);
    if (!value) return false;
    if (as_written) *as_written = e->value->text;
    out = std::move(value->text);
    return true;
}

bool Section::integer(std::string_view key, int& out, int least, int most) {
    const Node::Entry* e = entry(key);
    if (!e) return false;
    const std::string form = "a whole number from " + std::to_string(least) + " to " + std::to_string(most);
    const std::string* text = scalar(context_, *e->value, e->line, name(key), form, true);
    if (!text) return false;
    const auto value = whole_number<int>(*text);
    if (!value || *value < least || *value > most) {
        context_.faults.error(e->value->line, name(key) + ": expected " + form + ", found " + shown(*text));
        return false;
    }
    out = *value;
    return true;
}

bool Section::bytes(std::string_view key, uint64_t& out, uint64_t least) {
    const Node::Entry* e = entry(key);
    if (!e) return false;
    const std::string form = "a size such as 512KiB, 64MiB or 1GiB, or a whole number of bytes";
    const std::string* text = scalar(context_, *e->value, e->line, name(key), form, false);
    if (!text) return false;
    const auto value = byte_count(*text);
    if (!value || *value < least) {
        context_.faults.error(e->value->line, name(key) + ": expected " + form + (value ? ", at least " + std::to_string(least) : "") +
                                                  ", found " + shown(*text));
        return false;
    }
    out = *value;
    return true;
}

bool Section::duration(std::string_view key, Millis& out, Millis least, Millis most) {
    const Node::Entry* e = entry(key);
    if (!e) return false;
    const auto value = read_duration(context_, *e->value, e->line, name(key), least, most);
    if (!value) return false;
    out = *value;
    return true;
}

bool Section::rate(std::string_view key, double& out) {
    const Node::Entry* e = entry(key);
    if (!e) return false;
    const std::string form = "a rate such as 20/s, 100/m or 1000/h";
    const std::string* text = scalar(context_, *e->value, e->line, name(key), form, false);
    if (!text) return false;
    const auto value = per_second(*text);
    if (!value) {
        context_.faults.error(e->value->line, name(key) + ": expected " + form + ", found " + shown(*text));
        return false;
    }
    out = *value;
    return true;
}

bool Section::file(std::string_view key, std::filesystem::path& out) {
    std::string value;
    if (!text(key, value)) return false;
    if (value.empty() || value.find('\0') != value.npos) {
        context_.faults.error(entry(key)->value->line,
                              name(key) + ": is empty; give a path, relative to the configuration file or absolute");
        return false;
    }
    out = (context_.directory / value).lexically_normal();
    return true;
}

bool Section::names(std::string_view key, std::vector<std::string>& out) {
    const Node::Entry* e = entry(key);
    if (!e) return false;
    std::vector<std::shared_ptr<const Node>> items;
    if (e->value->kind == Node::Kind::sequence)
        items = e->value->items;
    else
        items = {e->value};
    if (items.empty()) {
        context_.faults.error(e->line, name(key) + ": the list is empty; give at least one name");
        return false;
    }
    bool good = true;
    std::vector<std::string> read;
    for (const auto& item : items) {
        auto value = read_name(context_, *item, e->line, name(key));
        if (!value) {
            good = false;
        } else if (std::find(read.begin(), read.end(), *value) != read.end()) {
            context_.faults.error(item->line, name(key) + ": " + shown(*value) + " stands twice; remove one");
            good = false;
        } else {
            read.push_back(std::move(*value));
        }
    }
    if (good) out = std::move(read);
    return good;
}

} // namespace gh::config
