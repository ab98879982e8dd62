// Answers of the server as text for the terminal: absolute numbers first, shares beside them.
//
// CPU time is shown in cores, CPU-seconds per second of the time for which there is data. Amounts
// of another unit are shown as they are. Money is a given sum for all of the (baseline's) amount,
// split in proportion.
#pragma once

#include <optional>
#include <string>

#include "terminal/api_answers.h"

namespace phlox::terminal {

std::string services_report(const ServicesAnswer& answer);
std::string timeline_report(const TimelineAnswer& answer);
std::string top_report(const ProfileAnswer& answer, std::optional<double> cost);
std::string diff_report(const DiffAnswer& answer, std::optional<double> cost);

}  // namespace phlox::terminal
