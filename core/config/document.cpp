#include "core/config/document.hpp"

#include "core/base/encoding.hpp"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

#include <array>
#include <map>
#include <sstream>

namespace gh::config {

namespace {

// Inside ${…} the characters that end a plain scalar in flow collections are put aside as noncharacters of Unicode, which no text may
// hold (Unicode standard, section 23.7), and put back in the finished scalars. Lines stay as they are.
constexpr std::string_view k_put_aside = "{}[],";
constexpr std::array<std::string_view, 5> k_stand_in = {"\xef\xb7\x90", "\xef\xb7\x91", "\xef\xb7\x92", "\xef\xb7\x93", "\xef\xb7\x94"};

std::string put_aside(std::string_view yaml) {
    std::string out;
    out.reserve(yaml.size() + 256);
    size_t i = 0;
    while (i < yaml.size()) {
        const size_t begin = yaml.find("${", i);
        const size_t end = begin == yaml.npos ? yaml.npos : yaml.find_first_of("}\n", begin);
        if (end == yaml.npos) break;
        if (yaml[end] == '\n') {
            out += yaml.substr(i, end + 1 - i);
            i = end + 1;
            continue;
        }
        out += yaml.substr(i, begin - i);
        for (const char c : yaml.substr(begin, end + 1 - begin)) {
            const size_t which = k_put_aside.find(c);
            if (which == k_put_aside.npos)
                out += c;
            else
                out += k_stand_in[which];
        }
        i = end + 1;
    }
    return out += yaml.substr(i);
}

std::string put_back(const std::string& text) {
    if (text.find("\xef\xb7") == text.npos) return text;
    std::string out;
    for (size_t i = 0; i < text.size();) {
        size_t which = 0;
        while (which < k_stand_in.size() && text.compare(i, 3, k_stand_in[which]) != 0) ++which;
        if (which < k_stand_in.size())
            out += k_put_aside[which], i += 3;
        else
            out += text[i++];
    }
    return out;
}

/// Ends the parse from inside an event.
struct Abandon {
    int line;
    std::string message;
};

class Builder final : public YAML::EventHandler {
public:
    explicit Builder(Faults& faults) : faults_(faults) {}
    std::shared_ptr<const Node> root;

    void OnDocumentStart(const YAML::Mark&) override {}
    void OnDocumentEnd() override {}
    void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
        auto node = make(Node::Kind::null, mark);
        finish(std::move(node), anchor);
    }
    void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
        const auto found = anchors_.find(anchor);
        if (found == anchors_.end()) throw Abandon{mark.line + 1, "an alias stands inside its own anchor; write the value out"};
        charge(found->second->weight, mark.line + 1);
        place(found->second);
    }
    void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor, const std::string& value) override {
        auto node = make(Node::Kind::scalar, mark);
        node->plain = tag == "?";
        if (tag != "?" && tag != "!" && tag != "tag:yaml.org,2002:str") refuse_tag(node->line, tag);
        node->text = put_back(value);
        node->weight += node->text.size();
        charge(node->text.size(), node->line);
        finish(std::move(node), anchor);
    }
    void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor, YAML::EmitterStyle::value) override {
        open(Node::Kind::sequence, mark, tag, anchor);
    }
    void OnSequenceEnd() override { close(); }
    void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor, YAML::EmitterStyle::value) override {
        open(Node::Kind::mapping, mark, tag, anchor);
    }
    void OnMapEnd() override { close(); }

private:
    struct Open {
        std::shared_ptr<Node> node;
        YAML::anchor_t anchor;
        std::shared_ptr<const Node> key; ///< of a mapping, waiting for its value
        std::map<std::string, int, std::less<>> lines;
    };

    void charge(size_t weight, int line) {
        weight_ += weight;
        if (weight_ > k_most_weight) throw Abandon{line, "aliases make this file too big once they are followed; write fewer of them"};
    }
    std::shared_ptr<Node> make(Node::Kind kind, const YAML::Mark& mark) {
        auto node = std::make_shared<Node>();
        node->kind = kind;
        node->line = mark.line + 1;
        charge(1, node->line);
        return node;
    }
    void refuse_tag(int line, const std::string& tag) {
        faults_.error(line, "the tag " + shown(tag) + " is not supported; write a plain or quoted value");
    }
    void open(Node::Kind kind, const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor) {
        if (tag != "?" && tag != "!" && !tag.empty()) refuse_tag(mark.line + 1, tag);
        open_.push_back({make(kind, mark), anchor, nullptr, {}});
    }
    void close() {
        auto node = std::move(open_.back().node);
        const auto anchor = open_.back().anchor;
        open_.pop_back();
        finish(std::move(node), anchor);
    }
    void finish(std::shared_ptr<const Node> node, YAML::anchor_t anchor) {
        if (anchor != YAML::NullAnchor) anchors_[anchor] = node;
        place(std::move(node));
    }
    void place(std::shared_ptr<const Node> node) {
        if (open_.empty()) {
            root = std::move(node);
            return;
        }
        Open& parent = open_.back();
        parent.node->weight += node->weight;
        if (parent.node->kind == Node::Kind::sequence)
            parent.node->items.push_back(std::move(node));
        else if (!parent.key)
            parent.key = std::move(node);
        else
            add_entry(parent, std::move(node));
    }
    void add_entry(Open& parent, std::shared_ptr<const Node> value) {
        const auto key = std::move(parent.key);
        parent.key = nullptr;
        if (key->kind != Node::Kind::scalar) return faults_.error(key->line, "a key must be text, found " + key->described());
        if (key->text == "<<" && key->plain)
            return faults_.error(key->line,
                                 "merge keys (\"<<\") are not supported; write the keys out, or give the whole value as an alias");
        const auto [first, added] = parent.lines.emplace(key->text, key->line);
        if (!added)
            return faults_.error(key->line, "the key " + shown(key->text) + " stands twice in one mapping, first in line " +
                                                std::to_string(first->second) + "; remove one");
        if (value->kind == Node::Kind::null && value->line != key->line) { // the parser puts an empty value where the next thing begins
            auto moved = std::make_shared<Node>(*value);
            moved->line = key->line;
            value = std::move(moved);
        }
        parent.node->entries.push_back({key->text, key->line, std::move(value)});
    }

    Faults& faults_;
    std::vector<Open> open_;
    std::map<YAML::anchor_t, std::shared_ptr<const Node>> anchors_;
    size_t weight_ = 0;
};

/// What the parser would pass over or read in its own way. False: there is no sense in parsing.
bool check_text(std::string_view yaml, Faults& faults) {
    if (yaml.size() > k_most_file_bytes) {
        faults.error(0, "is larger than 1 MiB, the most a configuration may have");
        return false;
    }
    bool good = true;
    int line = 1;
    for (size_t begin = 0; begin < yaml.size(); ++line) {
        const size_t end = std::min(yaml.find('\n', begin), yaml.size());
        std::string_view text = yaml.substr(begin, end - begin);
        begin = end + 1;
        if (line == 1 && text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);
        if (!text.empty() && text.back() == '\r') text.remove_suffix(1);
        const size_t indent = text.find_first_not_of(' ');
        const auto fault = [&](const char* what) {
            faults.error(line, what);
            good = false;
        };
        if (!is_utf8(text))
            fault("is not UTF-8; save the file as UTF-8");
        else if (text.find("\xef\xb7") != text.npos && put_back(std::string(text)) != text)
            fault("holds a noncharacter (U+FDD0 to U+FDD4); remove it");
        else if (std::any_of(text.begin(), text.end(),
                             [](char c) { return (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7f; }))
            fault("holds a control character; in double quotes write it as an escape, such as \\n");
        else if (indent != text.npos && text[indent] == '\t' && text.find_first_not_of(" \t") != text.npos)
            fault("is indented with a tab; YAML wants spaces");
    }
    return good;
}

} // namespace

const Node::Entry* Node::find(std::string_view key) const {
    for (const Entry& entry : entries)
        if (entry.key == key) return &entry;
    return nullptr;
}

std::string Node::described() const {
    switch (kind) {
        case Kind::null:
            return "nothing";
        case Kind::sequence:
            return "a list";
        case Kind::mapping:
            return "a mapping";
        case Kind::scalar:
            break;
    }
    return plain ? shown(text) : "the text " + shown(text);
}

std::shared_ptr<const Node> parse_document(std::string_view yaml, Faults& faults) {
    if (!check_text(yaml, faults)) return nullptr;
    std::istringstream stream(put_aside(yaml));
    Builder builder(faults);
    try {
        YAML::Parser parser(stream);
        if (!parser.HandleNextDocument(builder) || !builder.root || builder.root->kind == Node::Kind::null) {
            auto empty = std::make_shared<Node>();
            empty->kind = Node::Kind::mapping;
            builder.root = std::move(empty);
        }
        const auto root = builder.root;
        Faults beyond(faults.file());
        Builder second(beyond);
        if (parser.HandleNextDocument(second)) {
            faults.error(second.root ? second.root->line : 1, "begins a second document; one file holds one configuration");
            return nullptr;
        }
        return root;
    } catch (const Abandon& a) {
        faults.error(a.line, a.message);
    } catch (const YAML::Exception& e) {
        faults.error(e.mark.is_null() ? 1 : e.mark.line + 1, "is not valid YAML: " + put_back(e.msg));
    }
    return nullptr;
}

} // namespace gh::config
