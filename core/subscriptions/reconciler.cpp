#include "core/subscriptions/reconciler.hpp"

#include <algorithm>

namespace gh::subscriptions {

using plugin::Json;
using Kind = Step::Kind;

namespace {

/// The arguments of update and renew: the block and the id.
std::string with_id(const std::string& block, const std::string& id) {
    auto json = Json::parse(block.empty() ? "{}" : block);
    Json out = json_object();
    set(out, "id", json_text(id));
    if (json)
        for (auto& member : json->members) set(out, member.name, std::move(member.value));
    return out.write();
}

std::string only_id(const std::string& id) {
    Json out = json_object();
    set(out, "id", json_text(id));
    return out.write();
}

bool knows_a_secret(const plugin::Source& source) {
    const auto settings = source.captured_settings();
    return std::all_of(settings.begin(), settings.end(), [&](const auto& s) { return source.has_secret(s); });
}

} // namespace

std::string no_key_text(const std::string& source, const std::vector<std::string>& settings) {
    std::string names;
    for (const auto& s : settings) (names += names.empty() ? "" : ", ") += s;
    return "the provider's answer would hold a secret (setting " + names + " of source " + source +
           ") that could not be kept, so the call was not made. Set store.key in the configuration, for example "
           "store: {key: \"${file:secrets/store_key}\"}, with a long random text in that file (openssl rand -base64 32)";
}

bool Reconciler::open(Round& round) {
    View& v = round.view;
    v.source = name_;
    v.plugin = round.source->plugin_name();
    v.automatic = round.source->config().reconcile.automatic;
    const auto* block = round.source->subscription();
    v.wanted = block != nullptr;
    if (block) v.block = *block;
    auto book = ledger_.read();
    if (!book) {
        v.error = book.error().message;
        return false;
    }
    round.book = std::move(*book);
    if (block && !block->fault.empty()) {
        v.error = block->fault;
        return false;
    }
    return true;
}

bool Reconciler::ask(Round& round, bool prune) {
    const plugin::Source& source = *round.source;
    Situation s;
    s.now = parts_.clock.now();
    s.prune = prune;
    if (const auto* block = source.subscription()) {
        auto wanted = Json::parse(block->json);
        if (wanted) s.wanted = std::move(*wanted);
        s.addresses = block->addresses;
    }
    s.can_create = find_kind(source, "subscribe") != nullptr;
    s.can_update = find_kind(source, "update") != nullptr;
    s.can_renew = find_kind(source, "renew") != nullptr;
    s.can_remove = find_kind(source, "unsubscribe") != nullptr;
    s.gives_secret = !source.captured_settings().empty();
    for (const auto& setting : source.captured_settings()) s.secret_configured |= !source.configured_fingerprints(setting).empty();
    const auto kept = parts_.vault.read(name_);
    if (!kept) {
        round.view.error = kept.error().message;
        return false;
    }
    for (const auto& one : *kept) s.secrets_of.insert(one.subscription);

    if (const auto* list = find_kind(source, "list")) {
        const auto end = parts_.operations.call(round.source, list->name, "{}");
        if (!end.ok()) {
            round.view.error = "the list of subscriptions: " + end.text;
            round.view.retry_after = end.retry_after;
            return false;
        }
        auto records = read_records(end.body);
        if (!records) {
            round.view.error = records.error().message;
            return false;
        }
        bool changed = false;
        for (const auto& record : *records) {
            if (Owned* owned = round.book.find(record.id)) {
                const auto before = to_json(owned->last).write();
                round.book.note(record, s.now);
                changed |= to_json(owned->last).write() != before;
            }
        }
        if (changed) {
            if (const auto written = ledger_.write(round.book); !written) {
                round.view.error = written.error().message;
                return false;
            }
        }
        s.listed = std::move(*records);
    }
    s.intent = round.book.intent;
    s.owned = round.book.owned;
    round.view.plan = decide(s);
    round.view.checked_at = s.now;
    return true;
}

bool Reconciler::run(Round& round, std::string_view kind, const std::string& arguments, Record& record,
                     std::vector<CapturedSecret>& secrets, StepDone& out) {
    const auto* operation = find_kind(*round.source, kind);
    if (!operation) {
        out.text = "the plugin has no operation of kind " + std::string(kind);
        return false;
    }
    OperationEnd end = parts_.operations.call(round.source, operation->name, arguments);
    round.heard = end.kind;
    const bool gone = kind == "unsubscribe" && end.kind == OperationEnd::Kind::gone;
    if (!end.ok() && !gone) {
        out.text = end.text;
        round.view.retry_after = end.retry_after;
        // A definite no: nothing was made that we have not heard of.
        const bool refused =
            end.kind == OperationEnd::Kind::refused || end.kind == OperationEnd::Kind::invalid || end.kind == OperationEnd::Kind::arguments;
        if (kind == "subscribe" && refused) {
            round.book.intent.reset();
            if (const auto written = ledger_.write(round.book); !written) out.text += "; " + written.error().message;
        }
        return false;
    }
    if (kind == "unsubscribe") return true;
    auto json = Json::parse(end.body);
    auto read = json ? read_record(*json, secrets) : Result<Record>(Error{json.error().message});
    if (!read) {
        out.text = "operation " + operation->name + ": " + read.error().message;
        return false;
    }
    record = std::move(*read);
    return true;
}

Status Reconciler::commit(Round& round, std::vector<CapturedSecret>& secrets, const std::string& id, std::vector<std::string>& notes) {
    constexpr size_t k_most = 16; // enough for any overlap; older ones were replaced long ago
    if (secrets.empty() && !parts_.vault.holds(name_)) return ledger_.write(round.book);
    auto kept = parts_.vault.read(name_);
    if (!kept) return kept.error();
    const auto hold = [&](const CapturedSecret& s) {
        parts_.vault.hold(name_, {s.setting, s.value.clone(), parts_.clock.now(), id, round.source->configured_fingerprints(s.setting)});
    };
    std::erase_if(secrets, [&](const CapturedSecret& s) {
        const auto known = std::find_if(kept->begin(), kept->end(), [&](const auto& k) { return k.setting == s.setting; });
        return known != kept->end() && known->value.reveal() == s.value.reveal() && known->subscription == id;
    });
    round.secrets_changed |= !secrets.empty();
    std::vector<plugin::Kept> all;
    all.reserve(secrets.size() + kept->size());
    for (const auto& s : secrets)
        all.push_back({s.setting, s.value.clone(), parts_.clock.now(), id, round.source->configured_fingerprints(s.setting)});
    for (auto& one : *kept)
        if (all.size() < k_most) all.push_back(std::move(one));
    const auto change = parts_.vault.sealed(name_, all);
    if (!change) {
        for (const auto& secret : secrets) {
            hold(secret);
            notes.push_back("the secret that the provider gave (setting " + secret.setting +
                            ") is used from now on but lost when the gateway ends, since store.key is not set: set it, and apply again");
            parts_.log.error("subscriptions", notes.back(), {{"source", name_}});
        }
        return ledger_.write(round.book);
    }
    const auto written = ledger_.write(round.book, *change);
    if (written)
        parts_.vault.let_go(name_);
    else
        for (const auto& secret : secrets) hold(secret); // used at once all the same, and kept by the next commit that succeeds
    return written;
}

bool Reconciler::replace(Round& round, const Step& step, StepDone& out) {
    using End = OperationEnd::Kind;
    const bool no = round.heard == End::gone || round.heard == End::refused || round.heard == End::invalid;
    if (!no || !find_kind(*round.source, "subscribe")) return false;
    const std::string refused = "it could not be renewed (" + out.text + ")";
    const Step anew{Kind::create, "", refused, step.id, false}, away{Kind::remove, step.id, refused, "", false};
    StepDone first, second;
    const bool good = carry_out(round, anew, first) && carry_out(round, away, second);
    out.text = refused + "; in its place: " + first.text + (second.text.empty() ? "" : "; " + second.text);
    return good;
}

bool Reconciler::carry_out(Round& round, const Step& step, StepDone& out) {
    const auto* block = round.source->subscription();
    const std::string wanted = block ? block->json : "{}";
    const Time now = parts_.clock.now();
    Record record;
    std::vector<CapturedSecret> secrets;
    std::vector<std::string> notes;
    const auto settle = [&](const std::string& id) {
        const auto written = commit(round, secrets, id, notes);
        if (!written) out.text = "done at the provider, but not recorded: " + written.error().message;
        for (const auto& note : notes) (out.text += out.text.empty() ? "" : "; ") += note;
        return written.ok();
    };
    switch (step.kind) {
        case Kind::adopt:
            for (const auto& line : round.view.plan.lines)
                if (line.record.id == step.id) round.book.note(line.record, now);
            round.book.intent.reset();
            return settle(step.id);
        case Kind::forget:
            round.book.forget(step.id);
            return settle(step.id);
        case Kind::create: {
            if (!parts_.vault.can_keep() && !round.source->captured_settings().empty()) {
                out.text = no_key_text(name_, round.source->captured_settings());
                return false;
            }
            round.book.intent = Intent{now, step.replaces};
            if (!settle("")) return false;
            if (!run(round, "subscribe", wanted, record, secrets, out)) return false;
            const std::string id = record.id;
            round.book.note(std::move(record), now);
            if (Owned* old = round.book.find(step.replaces)) old->retiring = true;
            round.book.intent.reset();
            out.text = "made " + id;
            return settle(id);
        }
        case Kind::update:
        case Kind::renew: {
            const bool update = step.kind == Kind::update;
            if (!run(round, update ? "update" : "renew", with_id(wanted, step.id), record, secrets, out))
                return !update && replace(round, step, out);
            if (record.id != step.id) round.book.forget(step.id);
            if (step.for_secret && secrets.empty()) {
                out.text = "the provider told no secret, so it has to be made anew";
                Step away{Kind::remove, step.id, step.why, "", false}, anew{Kind::create, "", step.why, "", false};
                StepDone first, second;
                const bool good = carry_out(round, away, first) && carry_out(round, anew, second);
                out.text = good ? second.text : first.text + second.text;
                return good;
            }
            const std::string id = record.id;
            Owned& owned = round.book.note(std::move(record), now);
            if (!update) owned.renewed_at = now;
            return settle(id);
        }
        case Kind::remove:
            if (!run(round, "unsubscribe", only_id(step.id), record, secrets, out)) return false;
            round.book.forget(step.id);
            return settle(step.id);
    }
    return false;
}

View Reconciler::finish(Round& round) {
    {
        const std::lock_guard lock(mutex_);
        // What could not be asked now is still shown as it was last seen.
        if (!round.view.checked_at && last_.checked_at) {
            round.view.plan.lines = last_.plan.lines;
            round.view.checked_at = last_.checked_at;
        }
        last_ = round.view;
    }
    if (round.secrets_changed) parts_.secrets_changed();
    return round.view;
}

View Reconciler::look(const std::shared_ptr<plugin::Source>& source, bool prune) {
    Round round{source, {}, {}, false};
    const std::lock_guard working(working_);
    if (open(round)) ask(round, prune);
    return finish(round);
}

View Reconciler::apply(const std::shared_ptr<plugin::Source>& source, bool prune) {
    Round round{source, {}, {}, false};
    {
        const std::lock_guard working(working_);
        if (!open(round) || !ask(round, prune)) return finish(round);
        const auto steps = round.view.plan.steps;
        const bool settled = round.view.plan.intent_settled;
        for (const auto& step : steps) {
            StepDone done{step, false, {}};
            done.done = carry_out(round, step, done);
            const std::string what = std::string(to_text(step.kind));
            if (done.done)
                parts_.log.info("subscriptions", "carried out",
                                {{"source", name_}, {"step", what}, {"subscription", step.id}, {"why", step.why}, {"result", done.text}});
            else
                round.view.error = what + (step.id.empty() ? "" : " " + step.id) + ": " + done.text;
            round.view.results.push_back(std::move(done));
            if (!round.view.error.empty()) break;
        }
        if (round.view.error.empty() && settled && round.book.intent) {
            round.book.intent.reset();
            if (const auto written = ledger_.write(round.book); !written) round.view.error = written.error().message;
        }
        // What is there now, so that the answer does not show the past. A failure to ask again is told by the next round.
        const std::string error = round.view.error;
        const Millis wait = round.view.retry_after;
        if (!steps.empty()) ask(round, prune);
        round.view.error = error;
        round.view.retry_after = wait;
    }
    return finish(round);
}

Called Reconciler::call(const std::shared_ptr<plugin::Source>& source, const std::string& name, const std::string& arguments_json) {
    Called out;
    const auto* operation = find_operation(*source, name);
    const std::string kind = out.kind = operation ? operation->kind : std::string();
    if (kind != "subscribe" && kind != "update" && kind != "renew" && kind != "unsubscribe") {
        out.end = parts_.operations.call(source, name, arguments_json);
        return out;
    }
    Round round{source, {}, {}, false};
    {
        const std::lock_guard working(working_);
        const auto captured = source->captured_settings();
        const bool gives = !captured.empty() && (kind == "subscribe" || !knows_a_secret(*source));
        if (kind != "unsubscribe" && gives && !parts_.vault.can_keep()) {
            out.end.kind = OperationEnd::Kind::no_key;
            out.end.text = no_key_text(name_, captured);
            return out;
        }
        auto book = ledger_.read();
        if (!book) {
            out.end.text = book.error().message;
            return out;
        }
        round.book = std::move(*book);
        out.end = parts_.operations.call(source, name, arguments_json);
        if (!out.end.ok()) return out;
        std::vector<CapturedSecret> secrets;
        std::string id;
        if (kind == "unsubscribe") {
            if (auto json = Json::parse(arguments_json)) round.book.forget(text_of(*json, "id"));
        } else if (auto json = Json::parse(out.end.body)) {
            auto record = read_record(*json, secrets);
            out.end.body = json->write();
            if (record) {
                id = record->id;
                Owned& owned = round.book.note(std::move(*record), parts_.clock.now());
                if (kind == "subscribe") owned.by_hand = !source->subscription();
            } else {
                out.notes.push_back(record.error().message);
            }
        }
        for (const auto& secret : secrets) out.captured.push_back(secret.setting);
        const auto written = commit(round, secrets, id, out.notes);
        if (!written) out.notes.push_back("done at the provider, but not recorded here: " + written.error().message);
    }
    if (round.secrets_changed) parts_.secrets_changed();
    return out;
}

View Reconciler::last() const {
    const std::lock_guard lock(mutex_);
    return last_;
}

std::vector<Owned> Reconciler::recorded() const {
    auto book = ledger_.read();
    return book ? std::move(book->owned) : std::vector<Owned>();
}

} // namespace gh::subscriptions
