#include "core/store/sqlite.hpp"

#include <sqlite3.h>

#include <cstring>

namespace gh::store {

namespace {

// SQLite's own limit is a gigabyte, and it copies a row several times.
constexpr int k_longest_value = 64 << 20;

// SQLite reads a null pointer as NULL, whatever the length; an empty view may hold one.
const char* not_null(std::string_view s) {
    return s.data() ? s.data() : "";
}

sqlite3_destructor_type life(Statement::Bound bound) {
    return bound == Statement::Bound::copied ? SQLITE_TRANSIENT : SQLITE_STATIC;
}

} // namespace

bool SqlError::is_about_the_value() const {
    return code() == SQLITE_CONSTRAINT || code() == SQLITE_TOOBIG || code() == SQLITE_MISMATCH || code() == SQLITE_RANGE;
}

Rows::~Rows() {
    sqlite3_reset(statement_->handle_);
}

bool Rows::next() {
    const int code = sqlite3_step(statement_->handle_);
    if (code == SQLITE_ROW) return true;
    if (code != SQLITE_DONE) statement_->fail(code);
    return false;
}

bool Rows::is_null(int column) const {
    return sqlite3_column_type(statement_->handle_, column) == SQLITE_NULL;
}
int64_t Rows::integer(int column) const {
    return sqlite3_column_int64(statement_->handle_, column);
}

std::string_view Rows::view(int column) const {
    const auto* bytes = static_cast<const char*>(sqlite3_column_blob(statement_->handle_, column));
    return bytes ? std::string_view(bytes, static_cast<size_t>(sqlite3_column_bytes(statement_->handle_, column))) : std::string_view();
}

Uuid Rows::id(int column) const {
    const auto bytes = view(column);
    Uuid id;
    if (bytes.size() == id.bytes.size()) std::memcpy(id.bytes.data(), bytes.data(), bytes.size());
    return id;
}

std::optional<Time> Rows::optional_time(int column) const {
    if (is_null(column)) return std::nullopt;
    return time(column);
}

Statement::Statement(sqlite3* db, std::string_view sql) {
    const int code = sqlite3_prepare_v3(db, sql.data(), static_cast<int>(sql.size()), SQLITE_PREPARE_PERSISTENT, &handle_, nullptr);
    if (code != SQLITE_OK) throw SqlError(sqlite3_extended_errcode(db), sqlite3_errmsg(db));
}

Statement::~Statement() {
    sqlite3_finalize(handle_);
}

void Statement::check_bind(int code) const {
    if (code != SQLITE_OK) fail(code);
}

void Statement::bind(int index, std::nullptr_t, Bound) {
    check_bind(sqlite3_bind_null(handle_, index));
}

void Statement::bind(int index, std::string_view text, Bound bound) {
    check_bind(sqlite3_bind_text64(handle_, index, not_null(text), text.size(), life(bound), SQLITE_UTF8));
}

void Statement::bind(int index, Blob blob, Bound bound) {
    check_bind(sqlite3_bind_blob64(handle_, index, not_null(blob.bytes), blob.bytes.size(), life(bound)));
}

void Statement::bind(int index, const Uuid& id, Bound bound) {
    check_bind(sqlite3_bind_blob(handle_, index, id.bytes.data(), static_cast<int>(id.bytes.size()), life(bound)));
}

void Statement::bind_integer(int index, int64_t value) {
    check_bind(sqlite3_bind_int64(handle_, index, value));
}

void Statement::run_to_end() {
    int code = SQLITE_ROW;
    while (code == SQLITE_ROW) code = sqlite3_step(handle_);
    if (code != SQLITE_DONE) {
        auto* db = sqlite3_db_handle(handle_);
        const SqlError error(sqlite3_extended_errcode(db), sqlite3_errmsg(db));
        sqlite3_reset(handle_);
        throw error;
    }
    sqlite3_reset(handle_);
}

void Statement::fail(int code) const {
    auto* db = sqlite3_db_handle(handle_);
    const int extended = sqlite3_extended_errcode(db);
    throw SqlError((extended & 0xff) == (code & 0xff) ? extended : code, sqlite3_errmsg(db));
}

void prepare_sqlite() {
    // Counting allocations takes a lock around each: 4 % of an append. It can be switched off only before SQLite's first use.
    [[maybe_unused]] static const int no_counting = sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
}

Database::Database(const std::string& path, const std::string& vfs, bool create) {
    prepare_sqlite();
    // The file is opened by one thread at a time, which SQLITE_OPEN_NOMUTEX relies on.
    const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE | (create ? SQLITE_OPEN_CREATE : 0);
    const int code = sqlite3_open_v2(path.c_str(), &handle_, flags, vfs.empty() ? nullptr : vfs.c_str());
    if (code != SQLITE_OK) {
        const SqlError error(code, handle_ ? sqlite3_errmsg(handle_) : sqlite3_errstr(code));
        sqlite3_close(handle_);
        throw error;
    }
    sqlite3_db_config(handle_, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
    sqlite3_db_config(handle_, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
    sqlite3_limit(handle_, SQLITE_LIMIT_LENGTH, k_longest_value);
    sqlite3_busy_timeout(handle_, 5000);
}

Database::~Database() {
    statements_.clear();
    sqlite3_close(handle_);
}

void Database::exec(const std::string& sql) {
    const int code = sqlite3_exec(handle_, sql.c_str(), nullptr, nullptr, nullptr);
    if (code != SQLITE_OK) throw SqlError(code, sqlite3_errmsg(handle_));
}

Statement& Database::prepared(std::string_view sql) {
    auto it = statements_.find(sql);
    if (it == statements_.end()) it = statements_.emplace(std::string(sql), std::make_unique<Statement>(handle_, sql)).first;
    return *it->second;
}

int64_t Database::number(const std::string& sql) {
    Statement statement(handle_, sql);
    auto rows = statement.query();
    return rows.next() ? rows.integer(0) : 0;
}

std::string Database::word(const std::string& sql) {
    Statement statement(handle_, sql);
    auto rows = statement.query();
    return rows.next() ? rows.text(0) : std::string();
}

bool Database::in_transaction() const {
    return sqlite3_get_autocommit(handle_) == 0;
}

void Database::rollback() noexcept {
    if (in_transaction()) sqlite3_exec(handle_, "ROLLBACK", nullptr, nullptr, nullptr);
}

int64_t Database::changes() const {
    return sqlite3_changes64(handle_);
}

void Database::on_wal(std::function<void(int)> callback) {
    on_wal_ = std::move(callback);
    const auto hook = [](void* self, sqlite3*, const char*, int frames) {
        static_cast<Database*>(self)->on_wal_(frames);
        return SQLITE_OK;
    };
    sqlite3_wal_hook(handle_, hook, this);
}

Transaction::Transaction(Database& db) : db_(db) {
    db_.prepared("BEGIN IMMEDIATE").run();
}

Transaction::~Transaction() {
    if (open_) db_.rollback();
}

void Transaction::commit() {
    db_.prepared("COMMIT").run();
    open_ = false;
}

} // namespace gh::store
