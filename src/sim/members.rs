//! Members at the end of a frame that is written already.

/// Adds a member with this JSON as its value at the end of an object; other frames stay as they are.
pub(super) fn add_member(mut frame: Vec<u8>, name: &str, json: &str) -> Vec<u8> {
    if frame.pop_if(|last| *last == b'}').is_some() {
        if frame.last() != Some(&b'{') {
            frame.push(b',');
        }
        frame.extend_from_slice(format!("\"{name}\":{json}}}").as_bytes());
    }
    frame
}

/// A text as JSON.
pub(super) fn json_text(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}
