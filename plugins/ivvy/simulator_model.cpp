#include "simulator_model.hpp"

#include <gatehouse/iso_time.hpp>

#include <algorithm>

#include "message.hpp"

namespace ivvy::sim {

namespace {

constexpr size_t k_most = 20'000;

json::object row(std::string_view name, const std::string& date, int64_t room, int64_t bar) {
    if (name == "RoomInventory") return {{"date", date}, {"roomId", room}, {"inventoryCount", 10}, {"availableCount", 7}};
    if (name == "RoomRates")
        return {{"barId", bar},      {"roomId", room},        {"date", date},       {"cost", 120},
                {"costDouble", 140}, {"costTriple", nullptr}, {"costQuad", nullptr}};
    return {{"barId", bar}, {"roomId", room}, {"date", date}, {"closeOutStatus", 0}};
}

} // namespace

std::string_view kind_of(std::string_view subject) {
    static constexpr std::pair<std::string_view, std::string_view> table[] = {
        {"Company", "companies"}, {"Contact", "contacts"}, {"Opportunity", "crm"}, {"Crm", "crm"},
        {"Invoice", "payments"},  {"Room", "ari"},         {"RatePlan", "ari"},
    };
    for (const auto& [begin, kind] : table)
        if (subject.starts_with(begin)) return kind;
    return "venues";
}

std::vector<std::string> all_subjects() {
    std::vector<std::string> out;
    for (const entity& e : k_entities)
        for (std::string_view rest = e.actions; !rest.empty();) {
            const size_t space = rest.find(' ');
            out.push_back(std::string(e.name) + std::string(rest.substr(0, space)));
            rest.remove_prefix(space + 1);
        }
    return out;
}

json::object record::render() const {
    const std::string name(of->name), number = std::to_string(id);
    json::object out{{"id", id}, {"modifiedDate", modified}, {"externalId", nullptr}};
    for (const auto& [parent, value] : parents) out.add(parent, value);
    if (name == "Company")
        out.add("businessName", "Company " + number + ", revision " + std::to_string(revision))
            .add("tradingName", "Caf\u00e9 " + number)
            .add("email", "office" + number + "@example.com")
            .add("address", json::object{{"line1", "1 High Street"}, {"city", "Brisbane"}, {"stateCode", "QLD"}, {"countryCode", "AU"}})
            .add("customFields", json::array{json::object{{"fieldId", "7"}, {"displayName", "Tier"}, {"value", json::array{"gold"}}}});
    else if (name == "Contact")
        out.add("firstName", "Ada").add("lastName", "Number " + number + ", revision " + std::to_string(revision));
    else
        out.add("name", name + " " + number).add("revision", revision);
    return out;
}

std::string model::stamp() const {
    return gatehouse::clock_text(host_.wall_now(), ' ');
}

record& model::create(const entity& of) {
    record r;
    r.of = &of;
    r.id = next_++;
    r.modified = stamp();
    r.parents["venueId"] = venue_;
    const auto parent = [&](std::string_view name, const char* kind) {
        const auto wanted = std::find(of.parents.begin(), of.parents.end(), name);
        if (wanted == of.parents.end()) return;
        const entity* owner = parse_subject(std::string(kind) + "Added").of;
        const record* known = latest(*owner);
        r.parents[std::string(name)] = known ? known->id : create(*owner).id;
    };
    parent("bookingId", "Booking");
    parent("contactId", "Contact");
    parent("leadId", "Opportunity");
    records_.push_back(std::move(r));
    return records_.back();
}

record* model::latest(const entity& of) {
    for (auto it = records_.rbegin(); it != records_.rend(); ++it)
        if (it->of == &of && !it->deleted) return &*it;
    return nullptr;
}

std::string model::happen(std::string_view subject) {
    const auto parsed = parse_subject(subject);
    if (!parsed.of) return json::object{{"data", json::object{{"id", next_++}}}}.text();
    const entity& of = *parsed.of;
    while (records_.size() > k_most) records_.pop_front();
    if (of.how == read_by::dates) {
        const std::string today = stamp().substr(0, 10);
        return json::object{{"data", json::array{row(of.name, today, 31, 5), row(of.name, today, 32, 5)}}}.text();
    }
    if (of.how == read_by::nothing) return json::object{{of.id_name, next_++}}.text();
    record* r = parsed.action == "added" || parsed.action == "generated" ? nullptr : latest(of);
    const bool fresh = !r;
    if (!r) r = &create(of);
    ++r->revision;
    r->modified = stamp();
    if (parsed.action == "deleted") {
        r->deleted = true;
        json::object out;
        // Notes, tasks and activities tell their own id only.
        if (of.name.starts_with("Booking") || of.name == "SpaceBlockout" || of.name == "Opportunity") {
            out.add("venueId", venue_);
            if (r->parents.contains("bookingId") && of.name != "BookingNote") out.add("bookingId", r->parents.at("bookingId"));
        }
        return out.add(of.id_name, r->id).text();
    }
    json::object out{{"data", r->render()}};
    if (parsed.action == "generated")
        out.add("previousData", json::object());
    else if (parsed.action != "added")
        out.add("previousData", fresh ? json::object() : json::object{{"revision", r->revision - 1}});
    return out.text();
}

const record* model::find(const entity* of, std::string_view id) const {
    for (const record& r : records_)
        if (r.of == of && !r.deleted && std::to_string(r.id) == id) return &r;
    return nullptr;
}

std::vector<const record*> model::list(const entity* of, json::value a) const {
    std::vector<const record*> out;
    for (const record& r : records_) {
        if (r.of != of || r.deleted) continue;
        const bool fits = std::all_of(r.parents.begin(), r.parents.end(), [&](const auto& p) {
            const auto asked = a[p.first];
            return !asked || id_text(asked) == std::to_string(p.second);
        });
        if (fits) out.push_back(&r);
    }
    return out;
}

json::array model::rows(std::string_view name, json::value a) const {
    json::array out;
    const std::string first(a["startDate"].text()), last(a["endDate"].text());
    const auto from = gatehouse::parse_clock_text(first + "T00:00:00", 'T', ""),
               to = gatehouse::parse_clock_text(last + "T00:00:00", 'T', "");
    if (!from || !to || *to - *from > std::chrono::hours(24 * 366)) return out;
    std::vector<int64_t> rooms;
    for (const auto r : a["roomIds"].elements()) rooms.push_back(gatehouse::detail::parse_digits(id_text(r)).value_or(0));
    if (rooms.empty()) rooms = {31, 32};
    for (auto day = *from; day <= *to; day += std::chrono::hours(24))
        for (const int64_t room : rooms)
            out.add(row(name, gatehouse::clock_text(day, ' ').substr(0, 10), room,
                        gatehouse::detail::parse_digits(id_text(a["barId"])).value_or(5)));
    return out;
}

} // namespace ivvy::sim
