# completion of modelkeep for bash
