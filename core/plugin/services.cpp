#include "core/plugin/services.hpp"

#include <algorithm>

namespace gh::plugin {

namespace {

constexpr size_t k_most_state = 16u << 20;
constexpr size_t k_most_parts = 16;

const Services& self(void* context) {
    return *static_cast<const Services*>(context);
}

void host_log(void* context, int32_t level, gatehouse_text message) {
    const auto shown = static_cast<Level>(std::clamp<int32_t>(level, GATEHOUSE_LOG_DEBUG, GATEHOUSE_LOG_ERROR));
    self(context).log(shown, view(message).substr(0, 4000));
}

void host_fail(void*, gatehouse_text reason) {
    Frame::set_fail_text(view(reason));
}

uint32_t host_secret_count(void* context, gatehouse_text name) {
    return self(context).secrets().count(view(name));
}

gatehouse_status host_secret(void* context, gatehouse_text name, uint32_t index, const gatehouse_sink* out) {
    const Secret* value = self(context).secrets().value(view(name), index);
    if (!value) return GATEHOUSE_NOT_FOUND;
    if (!out || !out->write) return GATEHOUSE_INVALID;
    out->write(out->context, value->reveal().data(), value->reveal().size());
    return GATEHOUSE_OK;
}

gatehouse_status host_hmac(void* context, int32_t algorithm, int32_t key_form, gatehouse_text name, uint32_t index,
                           const gatehouse_bytes* parts, size_t part_count, uint8_t* out, size_t out_size) {
    if (algorithm < GATEHOUSE_HMAC_SHA1 || algorithm > GATEHOUSE_HMAC_SHA512) return GATEHOUSE_INVALID;
    if (key_form < GATEHOUSE_KEY_RAW || key_form > GATEHOUSE_KEY_HEX) return GATEHOUSE_INVALID;
    if (!out || (part_count > 0 && !parts)) return GATEHOUSE_INVALID;
    const auto& secrets = self(context).secrets();
    const HmacKey* key = secrets.key(view(name), index, static_cast<KeyForm>(key_form));
    if (!key) return secrets.value(view(name), index) ? GATEHOUSE_INVALID : GATEHOUSE_NOT_FOUND;
    const auto hash = static_cast<HashAlgorithm>(algorithm - GATEHOUSE_HMAC_SHA1);
    if (out_size < HmacKey::digest_size(hash)) return GATEHOUSE_INVALID;

    std::string_view near[k_most_parts];
    std::vector<std::string_view> spill;
    std::string_view* views = near;
    if (part_count > k_most_parts) {
        spill.resize(part_count);
        views = spill.data();
    }
    for (size_t i = 0; i < part_count; ++i) views[i] = view(parts[i]);
    key->sign(hash, {views, part_count}, out);
    return GATEHOUSE_OK;
}

gatehouse_status host_get_state(void* context, gatehouse_text key, const gatehouse_sink* out) {
    const auto value = self(context).state()->get(view(key));
    if (!value) return GATEHOUSE_NOT_FOUND;
    if (!out || !out->write) return GATEHOUSE_INVALID;
    out->write(out->context, value->data(), value->size());
    return GATEHOUSE_OK;
}

const void* host_get_interface(void* context, gatehouse_text id) {
    return view(id) == GATEHOUSE_EXPLAIN_ID ? self(context).explain() : nullptr;
}

void explain_say(void* context, gatehouse_text title, gatehouse_bytes detail) {
    self(context).say(view(title), view(detail));
}

} // namespace

std::shared_ptr<const std::string> SourceState::get(std::string_view key) const {
    const std::shared_lock lock(mutex_);
    const auto found = entries_.find(key);
    return found == entries_.end() ? nullptr : found->second;
}

void SourceState::apply(const std::vector<store::StateChange>& changes) {
    const std::unique_lock lock(mutex_);
    for (const auto& [key, value] : changes) {
        if (const auto old = entries_.find(key); old != entries_.end()) {
            size_ -= key.size() + old->second->size();
            entries_.erase(old);
        }
        if (!value) continue;
        entries_.emplace(key, std::make_shared<const std::string>(*value));
        size_ += key.size() + value->size();
    }
    version_.fetch_add(1, std::memory_order_release);
}

bool SourceState::fits(const std::vector<store::StateChange>& changes) const {
    const std::shared_lock lock(mutex_);
    size_t more = 0, less = 0;
    for (const auto& [key, value] : changes) {
        if (const auto old = entries_.find(key); old != entries_.end()) less += key.size() + old->second->size();
        if (value) more += key.size() + value->size();
    }
    return size_ - std::min(less, size_) + more <= k_most_state;
}

Services::Services(Names names, Secrets secrets, std::shared_ptr<SourceState> state, const Clock& clock, Log& log, Metrics& metrics,
                   Explain explain, Relay relay)
    : names_(std::move(names)),
      secrets_(std::move(secrets)),
      state_(std::move(state)),
      clock_(clock),
      log_(log),
      faults_(
          metrics.counter("gatehouse_plugin_faults_total", "Calls in which a plugin broke a rule or failed.", {{"plugin", names_.plugin}})),
      explain_(std::move(explain)),
      relay_(std::move(relay)),
      explain_abi_{sizeof(gatehouse_explain), 0, this, explain_say},
      host_{sizeof(gatehouse_host),
            GATEHOUSE_ABI_MINOR,
            this,
            host_log,
            host_fail,
            [](void* context) { return to_unix_ms(self(context).clock_.now()); },
            host_secret_count,
            host_secret,
            host_hmac,
            host_get_state,
            host_get_interface} {}

void Services::log(Level level, std::string_view message) const {
    if (relay_.log) return relay_.log(level, message);
    if (!log_.enabled(level)) return;
    uint64_t skipped = 0;
    if (!limit_.allow(skipped)) return;
    if (skipped > 0)
        log_.warning("plugin", "log lines of this source were held back: it writes too many",
                     {{"plugin", names_.plugin}, {"source", names_.source}, {"lines", skipped}});
    log_.write(level, "plugin", message, {{"plugin", names_.plugin}, {"version", names_.version}, {"source", names_.source}});
}

Fault Services::fault(std::string_view function, std::string_view what) const {
    if (relay_.fault) {
        relay_.fault(function, what);
        return Fault{std::string(what)};
    }
    faults_.add();
    Fault fault{"plugin " + names_.plugin + " " + names_.version + ", " + std::string(function) + ": " + std::string(what)};
    log(Level::error, "plugin misbehaving: " + std::string(function) + " " + std::string(what));
    return fault;
}

} // namespace gh::plugin
