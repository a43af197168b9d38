#include "hash_search.hpp"

#include <gatehouse/encoding.hpp>

#include <algorithm>
#include <map>

using namespace gatehouse;

namespace twin_ledger {

namespace {

constexpr size_t k_least_members = 3;
constexpr size_t k_most_shown = 50;

class search {
public:
    search(const std::vector<blake2b_key>& keys, json::value message, bool confirmation)
        : keys_(keys), message_(message), confirmation_(confirmation) {
        for (const auto f : {digest_form::hex, digest_form::base64, digest_form::base64url})
            if (auto bytes = decoded(message["hash"].text(), f)) wanted_.emplace_back(f, std::move(*bytes));
    }

    /// Every combination of the forms, the likeliest first.
    static std::vector<hash_form> forms() {
        std::vector<hash_form> out;
        for (const auto s : {string_form::plain, string_form::json})
            for (size_t d = 0; d < 8; ++d)
                for (size_t n = 0; n < 3; ++n) {
                    hash_form f;
                    f.strings = s;
                    f.dictionaries = static_cast<dictionary_form>(d);
                    f.numbers = static_cast<number_form>(n);
                    out.push_back(std::move(f));
                }
        return out;
    }

    /// The digest forms in which these texts give the message's hash, with any key. Several: a text without "+", "/", "-" and "_" is base64
    /// of both kinds.
    std::vector<digest_form> fitting(const std::vector<std::string_view>& texts) {
        std::vector<digest_form> out;
        for (const auto& key : keys_) {
            ++tried_;
            const std::string digest = key.digest(texts);
            for (const auto& [digest_as, bytes] : wanted_)
                if (equal_constant_time(digest, bytes)) out.push_back(digest_as);
            if (!out.empty()) break;
        }
        return out;
    }
    /// The form with each digest form that fits.
    std::vector<hash_form> fitting(hash_form form) {
        const auto texts = form.texts(message_, confirmation_);
        std::vector<hash_form> out;
        for (const digest_form f : fitting(std::vector<std::string_view>(texts.begin(), texts.end()))) {
            form.digest = f;
            out.push_back(form);
        }
        return out;
    }

    /// All orders of at least three of the members that are there, and for those that fit every form that fits. Forms that give the same
    /// texts are tried once.
    std::vector<hash_form> orders() {
        std::vector<std::vector<std::string>> found;
        std::map<std::vector<std::string>, bool> seen;
        for (const hash_form& form : forms()) {
            std::vector<std::string> names = confirmation_ ? form.confirmation_order : form.order;
            std::erase_if(names, [&](const auto& name) { return !message_[name]; });
            hash_form here = form;
            order_of(here) = names;
            const auto texts = here.texts(message_, confirmation_);
            if (seen[texts]) continue;
            seen[texts] = true;
            std::vector<size_t> picked;
            permute(names, texts, picked, found);
            if (!found.empty()) break;
        }
        std::vector<hash_form> out;
        for (const auto& order : found)
            for (hash_form form : forms()) {
                order_of(form) = order;
                for (hash_form& f : fitting(std::move(form))) out.push_back(std::move(f));
            }
        return out;
    }

    size_t tried() const { return tried_; }

private:
    std::vector<std::string>& order_of(hash_form& f) const { return confirmation_ ? f.confirmation_order : f.order; }

    void permute(const std::vector<std::string>& names, const std::vector<std::string>& texts, std::vector<size_t>& picked,
                 std::vector<std::vector<std::string>>& found) {
        if (picked.size() >= k_least_members) {
            std::vector<std::string_view> parts;
            for (const size_t i : picked) parts.push_back(texts[i]);
            if (!fitting(parts).empty()) {
                auto& order = found.emplace_back();
                for (const size_t i : picked) order.push_back(names[i]);
            }
        }
        for (size_t i = 0; i < names.size(); ++i) {
            if (std::find(picked.begin(), picked.end(), i) != picked.end()) continue;
            picked.push_back(i);
            permute(names, texts, picked, found);
            picked.pop_back();
        }
    }

    const std::vector<blake2b_key>& keys_;
    json::value message_;
    bool confirmation_;
    std::vector<std::pair<digest_form, std::string>> wanted_; ///< the message's hash, read in each way in which it can be read
    size_t tried_ = 0;
};

void say_found(const explainer& out, const std::vector<hash_form>& found, bool confirmation, size_t tried) {
    const std::string count = std::to_string(tried) + " combinations tried";
    if (found.empty()) {
        out.say("no setting fits", count +
                                       "; are client_secret and server_secret those of this subscription, and is the body byte for byte "
                                       "what was received?");
        return;
    }
    out.say("setting that fits", found.front().yaml(confirmation));
    for (size_t i = 1; i < found.size() && i < k_most_shown; ++i) out.say("fits as well", found[i].yaml(confirmation));
    out.say("tried", count + (found.size() > 1 ? "; several fit this message: one with other values tells them apart" : "") +
                         (confirmation ? "; a confirmation does not tell the order of a notification: explain one of those, too" : ""));
}

} // namespace

void search_hash(const explainer& out, const std::vector<blake2b_key>& keys, json::value message, bool confirmation) {
    search s(keys, message, confirmation);
    std::vector<hash_form> found;
    for (const hash_form& form : search::forms()) {
        const auto fits = s.fitting(form);
        std::string digests;
        for (const hash_form& f : fits) {
            digests += (digests.empty() ? "" : " or ") + std::string(k_digest_forms[static_cast<size_t>(f.digest)]);
            found.push_back(f);
        }
        // Quoted strings are only shown when they fit: twice as many lines say nothing more.
        if (fits.empty() && form.strings == string_form::json) continue;
        out.say("numbers " + std::string(k_number_forms[static_cast<size_t>(form.numbers)]) + ", dictionaries " +
                    std::string(k_dictionary_forms[static_cast<size_t>(form.dictionaries)]),
                fits.empty() ? "no, with any digest" : "FITS, digest " + digests);
    }
    if (found.empty()) found = s.orders();
    say_found(out, found, confirmation, s.tried());
}

} // namespace twin_ledger
