#include "core/config/settings.hpp"

#include "core/base/encoding.hpp"

namespace gh::config {

namespace {

class Writer {
public:
    explicit Writer(Context& context) : context_(context) {}
    ~Writer() { wipe(json); }
    Writer(const Writer&) = delete;
    Writer& operator=(const Writer&) = delete;

    std::string json;
    std::map<std::string, Settings::Origin> origins;
    bool good = true;

    void value(const Node& node, int line, const std::string& where, const std::string& pointer, int depth) {
        if (depth > k_deepest_json) return fault(node.line, where, "is nested deeper than 64 levels; flatten it");
        origins[pointer] = {{context_.faults.file(), line}, false};
        switch (node.kind) {
            case Node::Kind::null:
                return append("null");
            case Node::Kind::scalar:
                return scalar(node, where, pointer);
            case Node::Kind::sequence:
                return list(node, where, pointer, depth);
            case Node::Kind::mapping:
                return mapping(node, where, pointer, depth);
        }
    }

private:
    void fault(int line, const std::string& where, const std::string& what) {
        context_.faults.error(line, where + ": " + what);
        good = false;
    }

    /// Grows by copying to a new buffer and wiping the old one: std::string alone would leave secrets behind in freed memory.
    void append(std::string_view text) {
        if (json.size() + text.size() > json.capacity()) {
            std::string larger;
            larger.reserve((json.size() + text.size()) * 2 + 256);
            larger = json;
            json.swap(larger);
            wipe(larger);
        }
        json += text;
    }

    void quoted(std::string_view text) {
        std::string literal = json_quote(text);
        append(literal);
        wipe(literal);
    }

    void scalar(const Node& node, const std::string& where, const std::string& pointer) {
        if (!node.plain || References::present(node.text)) {
            auto resolved = context_.references.resolve(node.text, node.line, where);
            if (!resolved) {
                good = false;
                return;
            }
            origins[pointer].by_reference = resolved->by_reference;
            quoted(resolved->text);
            return wipe(resolved->text);
        }
        switch (scalar_type(node.text)) {
            case Scalar::text:
                return quoted(node.text);
            case Scalar::boolean:
                return append(node.text[0] == 't' || node.text[0] == 'T' ? "true" : "false");
            case Scalar::integer:
            case Scalar::real:
                break;
        }
        if (is_json_number(node.text)) return append(node.text);
        fault(node.line, where,
              "the number " + shown(node.text) +
                  " cannot be written in JSON; write it in decimal without leading zero, or put it "
                  "in quotes if it is a text");
    }

    void list(const Node& node, const std::string& where, const std::string& pointer, int depth) {
        append("[");
        for (size_t i = 0; i < node.items.size(); ++i) {
            if (i > 0) append(",");
            const std::string index = std::to_string(i);
            value(*node.items[i], node.items[i]->line, where + "[" + index + "]", pointer + "/" + index, depth + 1);
        }
        append("]");
    }

    void mapping(const Node& node, const std::string& where, const std::string& pointer, int depth) {
        append("{");
        for (size_t i = 0; i < node.entries.size(); ++i) {
            const Node::Entry& entry = node.entries[i];
            if (i > 0) append(",");
            if (References::present(entry.key))
                fault(entry.line, where, "the key " + shown(entry.key) + " holds a reference; only values may");
            quoted(entry.key);
            append(":");
            value(*entry.value, entry.line, where + "." + entry.key, pointer + "/" + escaped(entry.key), depth + 1);
        }
        append("}");
    }

    /// RFC 6901 section 3.
    static std::string escaped(const std::string& key) {
        std::string out;
        for (const char c : key) {
            if (c == '~')
                out += "~0";
            else if (c == '/')
                out += "~1";
            else
                out += c;
        }
        return out;
    }

    Context& context_;
};

} // namespace

std::optional<Settings> read_settings(Context& context, const Node& node, int line, const std::string& where) {
    if (node.kind != Node::Kind::mapping) {
        context.faults.error(
            node.kind == Node::Kind::null ? line : node.line,
            where + ": expected a mapping, found " + node.described() + (node.kind == Node::Kind::null ? "; write {} for none" : ""));
        return std::nullopt;
    }
    Writer writer(context);
    writer.value(node, line, where, "", 0);
    if (!writer.good) return std::nullopt;
    Settings out;
    out.json = Secret(writer.json);
    out.origins = std::move(writer.origins);
    return out;
}

} // namespace gh::config
