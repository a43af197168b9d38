// The Body of a message, by Subject: {"data": R}, {"data": R, "previousData": …}, or the ids of what was deleted.
#pragma once

#include <gatehouse/iso_time.hpp>

#include <algorithm>
#include <set>

#include "message.hpp"
#include "subjects.hpp"

namespace ivvy {

class content {
public:
    content(std::string_view body, parsed_subject subject) : json_(gatehouse::json::parse(body)), subject_(std::move(subject)) {}

    const parsed_subject& subject() const { return subject_; }
    gatehouse::json::value data() const { return json_["data"]; }

    /// The entity's id: data.id, or the id member of a deletion (which other bodies may carry, too). "" when there is none.
    std::string id() const {
        const auto direct = id_text(data()["id"]);
        if (!direct.empty() || !subject_.of || subject_.of->id_name.empty()) return direct;
        return value_text(subject_.of->id_name);
    }
    /// A member by name, of data or of the body itself.
    gatehouse::json::value member(std::string_view name) const {
        const auto inside = data()[name];
        return inside ? inside : json_[name];
    }
    std::string value_text(std::string_view name) const { return id_text(member(name)); }

    /// What the event is about: "Company/14". Rates and availability have no id: dates and rooms, so that only events about the same ones
    /// are joined. "" when nothing identifies it.
    std::string about() const {
        if (!subject_.of) return {};
        const std::string name(subject_.of->name);
        if (subject_.of->how != read_by::dates) {
            const std::string own = id();
            return own.empty() || own.size() > 200 ? std::string() : name + "/" + own;
        }
        const auto [first, last] = dates();
        if (first.empty()) return {};
        std::string out = name + "/" + first + "/" + last + "/";
        for (const auto& b : distinct("barId")) out += b + ",";
        out += "/";
        for (const auto& r : distinct("roomId")) out += r + ",";
        return out.size() > 500 ? name + "/" + hex_digest("SHA1", out) : out;
    }

    /// First and last "YYYY-MM-DD" of the rows; "" when there are none.
    std::pair<std::string, std::string> dates() const {
        std::string first, last;
        for (const auto row : data().elements()) {
            const std::string d(row["date"].text());
            if (!gatehouse::parse_clock_text(d + "T00:00:00", 'T', "")) continue;
            if (first.empty() || d < first) first = d;
            if (d > last) last = d;
        }
        return {first, last};
    }
    /// Whole numbers of that member in the rows.
    std::set<std::string> distinct(std::string_view name) const {
        std::set<std::string> out;
        for (const auto row : data().elements()) {
            const std::string v = id_text(row[name]);
            if (gatehouse::detail::parse_digits(v)) out.insert(v);
        }
        return out;
    }

private:
    gatehouse::json::document json_;
    parsed_subject subject_;
};

} // namespace ivvy
