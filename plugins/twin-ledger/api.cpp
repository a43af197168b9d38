#include "api.hpp"

using namespace gatehouse;

namespace twin_ledger {

http::request authorized(http::request r) {
    return std::move(r).secret_header("Authorization", "", "user_secret").header("Accept", "application/json");
}

failure unwanted(const http::response& answer, const std::string& what, time_point now) {
    failure plain = http::to_failure(answer, what, now);
    if (answer.net() != GATEHOUSE_NET_OK) return plain;
    const auto d = answer.json();
    std::string text = what + ": status " + std::to_string(answer.status());
    if (const auto subcode = d["subcode"]) text += ", subcode " + printable(subcode.is_string() ? subcode.text() : subcode.raw(), 40);
    if (!d["description"].text().empty()) text += ", " + printable(d["description"].text(), 300);
    if (!d["trace"].text().empty()) text += " (trace " + printable(d["trace"].text(), 80) + ")";
    if (answer.status() == 401) text += "; check user_secret";
    if (answer.status() == 403) text += "; check the permissions of the user's role";
    return failure(plain.type(), std::move(text), plain.retry_after());
}

json::value subscription_in(const json::document& answer) {
    return answer["subscription"].is_object() ? answer["subscription"] : answer.root();
}

} // namespace twin_ledger
