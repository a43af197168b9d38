// The tables, and how a file of an older version becomes one of this version.
//
// PRAGMA user_version counts the steps that were applied. Each step is one transaction together with its number, so a crash leaves the file
// at the version before or after. A file with a higher number than we know is refused and left as it is.
#pragma once

#include "core/base/result.hpp"
#include "core/store/sqlite.hpp"

#include <span>
#include <string>

namespace gh::store {

/// Step i (from 0) turns version i into version i + 1. Steps are never edited once released: what changes later is a further step.
struct SchemaStep {
    const char* sql;
};

std::span<const SchemaStep> schema_steps();

/// Settings of every connection that writes or reads. Page size counts only while the file is empty.
void configure_connection(Database&, int cache_kib);

/// Refuses what is not ours: no database, another program's, a newer version, cut short. Changes nothing. Throws SqlError, here and in
/// migrate(), only when another program has the file open.
Status check_file(Database&, const std::string& path, size_t known_steps);

/// Applies the missing steps.
Status migrate(Database&, const std::string& path, std::span<const SchemaStep>);

} // namespace gh::store
