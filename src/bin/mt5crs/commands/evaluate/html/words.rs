//! The page's words in both languages.

use mt5crs::ops::evaluate::{Answer, IncidentKind, OrderOutcome, Origin};

use crate::commands::evaluate::args::Language;

macro_rules! words {
    ($($field:ident: $en:literal, $zh:literal;)*) => {
        /// The words of one language.
        pub(super) struct Words {
            pub(super) code: &'static str,
            is_chinese: bool,
            $(pub(super) $field: &'static str,)*
        }

        static EN: Words = Words { code: "en", is_chinese: false, $($field: $en,)* };
        static ZH: Words = Words { code: "zh-CN", is_chinese: true, $($field: $zh,)* };
    };
}

words! {
    title: "Evaluation", "评估";
    why: "Why", "原因";
    gateway: "Gateway", "网关";
    account: "Account", "账户";
    period: "Period", "时段";
    watched: "Watched", "监控时长";
    looks: "Looks", "观测次数";
    round_trips: "Round trips", "往返次数";
    evidence: "Evidence records and head", "证据记录数与链头";
    not_reported: "not reported", "未报告";
    rules: "Rules", "规则";
    rule: "Rule", "规则";
    figure: "Figure", "数值";
    limit: "Limit", "限值";
    answer: "Answer", "结论";
    source: "Source", "来源";
    rules_file: "Limits from", "限值文件";
    switched_off: "Switched off", "已停用";
    pass: "pass", "通过";
    fail: "FAIL", "不通过";
    unknown: "unknown", "无法判断";
    none: "none", "无";
    incidents: "Incidents", "事件";
    orders: "Orders", "订单";
    order: "Order", "订单";
    time: "Time (UTC)", "时间 (UTC)";
    ticket: "Ticket", "订单号";
    outcome: "Outcome", "结果";
    cost: "Cost", "成本";
    balance: "Balance", "余额";
    equity: "Equity", "净值";
    money: "Equity and balance", "净值与余额";
    range: "range", "范围";
    drawdown: "drawdown", "最大回撤";
    latency: "Latency", "延迟";
    longest: "highest", "最高";
    lost: "Round trips lost", "丢失的往返";
    health: "Health", "健康状态";
    unwatched: "not watched", "未监控";
    not_watched: "Drift was not watched.", "未监控漂移。";
    drift: "Drift", "漂移";
    readings: "readings", "次检测";
    marks: "Orders and incidents", "订单与事件";
    raise: "What raising the position would mean", "提升仓位的影响";
    now: "Now", "当前";
    next: "Next", "下一步";
    coefficient: "Coefficient", "系数";
    volume: "Volume (lots)", "手数";
    margin: "Margin", "保证金";
    worst_hour: "Worst hour", "最差一小时";
    hours: "Hours", "逐小时数据";
    warning_s: "WARNING s", "WARNING 秒";
    critical_s: "CRITICAL s", "CRITICAL 秒";
    unwatched_s: "not watched s", "未监控 秒";
    decision: "Decision", "决策";
}

impl Words {
    pub(super) fn of(language: Language) -> &'static Self {
        match language {
            Language::En => &EN,
            Language::Zh => &ZH,
        }
    }

    fn pick(&self, en: &'static str, zh: &'static str) -> &'static str {
        if self.is_chinese { zh } else { en }
    }

    pub(super) fn answer(&self, answer: Answer) -> &'static str {
        match answer {
            Answer::Go => self.pick("GO", "GO（可以提升仓位）"),
            Answer::NoGo => self.pick("NO-GO", "NO-GO（不得提升仓位）"),
            Answer::NotEnough => self.pick("NOT ENOUGH", "NOT ENOUGH（数据不足）"),
        }
    }

    pub(super) fn answer_meaning(&self, answer: Answer) -> &'static str {
        match answer {
            Answer::Go => self.pick(
                "Every rule passes: the position may be raised.",
                "全部规则通过，可以提升仓位。",
            ),
            Answer::NoGo => self.pick(
                "At least one rule fails: the position must not be raised.",
                "至少一条规则不通过，不得提升仓位。",
            ),
            Answer::NotEnough => self.pick(
                "No rule fails, and too little is known to decide.",
                "没有规则不通过，但数据不足以作出决定。",
            ),
        }
    }

    pub(super) fn origin(&self, origin: Origin) -> &'static str {
        match origin {
            Origin::Figures => self.pick("figures", "监控数据"),
            Origin::Evidence => self.pick("evidence", "证据"),
            Origin::Logs => self.pick("logs", "日志"),
        }
    }

    pub(super) fn outcome_of(&self, outcome: OrderOutcome) -> &'static str {
        match outcome {
            OrderOutcome::Closed => self.pick("proved closed", "已证实平仓"),
            OrderOutcome::Open => self.pick("open", "持仓中"),
            OrderOutcome::NotExecuted => self.pick("proved not executed", "已证实未成交"),
            OrderOutcome::Unknown => self.pick("not proved", "未证实"),
        }
    }

    pub(super) fn incident(&self, kind: IncidentKind) -> &'static str {
        match kind {
            IncidentKind::Gap => self.pick("gap", "监控中断"),
            IncidentKind::Halt => self.pick("halt", "熔断"),
            IncidentKind::Critical => self.pick("critical", "危急"),
            IncidentKind::Warning => self.pick("warning", "警告"),
            IncidentKind::SyncFailed => self.pick("sync failed", "同步失败"),
            IncidentKind::UnknownOrder => self.pick("unknown", "未知订单"),
            IncidentKind::Drift => self.pick("drift", "漂移"),
            IncidentKind::Alert => self.pick("alert", "告警"),
            IncidentKind::ClockJump => self.pick("clock", "时钟跳变"),
        }
    }

    /// A rule's name for people.
    pub(super) fn rule(&self, name: &'static str) -> &'static str {
        let (en, zh) = match name {
            "hours-watched" => ("hours watched", "监控小时数"),
            "hours-passed" => ("hours passed", "已过小时数"),
            "gaps" => ("gaps in the watch", "监控中断"),
            "figures-readable" => ("unreadable lines of figures", "不可读的数据行"),
            "gateway-real" => ("simulated minutes", "模拟网关的分钟数"),
            "round-trips" => ("round trips", "往返次数"),
            "loss" => ("loss", "丢失率"),
            "p50" => ("latency P50", "延迟 P50"),
            "p99" => ("latency P99", "延迟 P99"),
            "p99-hour" => ("P99 of the worst hour", "最差一小时 P99"),
            "halts" => ("halts", "熔断次数"),
            "critical-errors" => ("critical errors", "严重错误"),
            "critical" => ("time CRITICAL", "CRITICAL 时长"),
            "warning" => ("time WARNING", "WARNING 占比"),
            "syncs" => ("syncs", "同步次数"),
            "sync-success" => ("syncs that succeeded", "同步成功率"),
            "restarts" => ("killed watches recovered", "中断后恢复"),
            "orders" => ("orders (closed, open, not executed)", "订单（已平、持仓、未成交）"),
            "unknown-orders" => ("orders not proved", "未证实的订单"),
            "cost" => ("cost of the dearest order", "单笔最高成本"),
            "drawdown" => ("drawdown", "最大回撤"),
            "drift-readings" => ("readings of drift", "漂移检测次数"),
            "drift" => ("drift", "漂移次数"),
            "drift-unjudged" => ("drift not judged", "无法判断的漂移"),
            "alerts" => ("alerts", "告警"),
            "logs-readable" => ("unreadable logs", "不可读的日志"),
            "clock-skew" => ("clock skew", "时钟偏差"),
            "clock-jumps" => ("jumps of the clock", "时钟跳变"),
            "evidence-whole" => ("evidence: damages / records", "证据：损坏数 / 记录数"),
            other => (other, other),
        };
        self.pick(en, zh)
    }
}
