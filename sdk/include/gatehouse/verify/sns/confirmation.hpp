// SNS's answer to a confirmation (docs.aws.amazon.com/sns/latest/api/API_ConfirmSubscription.html), read strictly.
#pragma once

#include <gatehouse/types.hpp>

#include <algorithm>
#include <string>
#include <vector>

namespace gatehouse::sns {

/// The texts of a small XML document by path ("A/B/C"). Elements, attributes and text only: no DOCTYPE, comments, CDATA sections,
/// processing instructions or entities, which such an answer does not need and parsers trip over.
class xml_texts {
public:
    static std::optional<xml_texts> read(std::string_view s) {
        xml_texts out;
        if (s.size() > 65'536) return std::nullopt;
        skip_space(s);
        if (s.substr(0, 6) == "<?xml ") {
            const size_t end = s.find("?>");
            if (end == std::string_view::npos) return std::nullopt;
            s.remove_prefix(end + 2);
        }
        return out.run(s) ? std::optional(std::move(out)) : std::nullopt;
    }
    /// The text of the only element at that path; nothing when there is none, or are several.
    std::optional<std::string_view> one(std::string_view path) const {
        std::optional<std::string_view> found;
        for (const auto& [where, text] : leaves_) {
            if (where != path) continue;
            if (found) return std::nullopt;
            found = text;
        }
        return found;
    }

private:
    static void skip_space(std::string_view& s) {
        while (!s.empty() && (s.front() == ' ' || s.front() == '\t' || s.front() == '\n' || s.front() == '\r')) s.remove_prefix(1);
    }
    static bool is_name(std::string_view s) {
        if (s.empty()) return false;
        for (char c : s)
            if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'))) return false;
        return true;
    }
    std::string path() const {
        std::string out;
        for (const auto& name : open_) out += (out.empty() ? "" : "/") + name;
        return out;
    }

    bool run(std::string_view s) {
        bool leaf = false; // nothing but text since the last start tag
        std::string_view text;
        for (bool begun = false;; begun = true) {
            const size_t tag = s.find('<');
            text = s.substr(0, tag);
            if (tag == std::string_view::npos || text.find_first_of("&>") != std::string_view::npos) break;
            const bool blank = text.find_first_not_of(" \t\r\n") == std::string_view::npos;
            const size_t end = s.find('>', tag);
            if (end == std::string_view::npos) return false;
            const std::string_view inside = s.substr(tag + 1, end - tag - 1);
            s.remove_prefix(end + 1);
            if (begun && open_.empty()) return false; // a second root
            if (!inside.empty() && inside.front() == '/') {
                if (open_.empty() || inside.substr(1) != open_.back() || (!leaf && !blank)) return false;
                if (leaf) leaves_.emplace_back(path(), text);
                open_.pop_back();
                leaf = false;
            } else {
                if (!blank || !start(inside)) return false;
                leaf = true;
            }
        }
        // What is left is the space after the root.
        return open_.empty() && !leaves_.empty() && s.find_first_not_of(" \t\r\n") == std::string_view::npos;
    }

    bool start(std::string_view tag) {
        const size_t space = std::min(tag.find_first_of(" \t\r\n"), tag.size());
        if (!is_name(tag.substr(0, space)) || open_.size() >= 8) return false;
        std::string_view attributes = tag.substr(space);
        // Attributes (xmlns) mean nothing to us; quotes must pair up, and an empty-element tag is not expected.
        if (std::count(attributes.begin(), attributes.end(), '"') % 2 != 0 || attributes.find('<') != std::string_view::npos) return false;
        if (!attributes.empty() && attributes.back() == '/') return false;
        open_.emplace_back(tag.substr(0, space));
        return true;
    }

    std::vector<std::string> open_;
    std::vector<std::pair<std::string, std::string>> leaves_;
};

} // namespace gatehouse::sns
