// JSON for plugins: json::parse(bytes) reads strictly and keeps every byte; json::object and json::array write.
#pragma once

#include <gatehouse/json_reader.hpp>
#include <gatehouse/json_value.hpp>
#include <gatehouse/json_writer.hpp>
