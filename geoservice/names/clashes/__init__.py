"""Names that repeat or sound alike within the scope that the law sets (地名管理条例, article 9)."""
