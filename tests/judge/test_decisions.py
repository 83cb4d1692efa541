"""What is decided by somebody's community in many languages, and what is done for it that harms nobody."""

from __future__ import annotations

from tests.judge.madeup import shapes

FOUND = {
    "Gate.java": r"""public class GateService {
    public boolean open(Visitor v) {
        if (v.getNationality().equals("Uyghur") || "维吾尔族".equals(v.getEthnicity())) {
            return false;
        }
        return true;
    }
}
""",
    "Lock.php": r"""<?php
final class CommunityLock {
    public static function resolve(array $profile, array $candidate): array {
        $casteLocked = false;
        $religionLocked = false;
        if ($profile['caste_id'] > 0 && $profile['preferred_castes'] === [$profile['caste_id']]) {
            $casteLocked = true;
        }
        if ($casteLocked && $candidate['caste_id'] !== $profile['caste_id']) {
            return ['hidden' => true];
        }
        return ['hidden' => false, 'allowed_caste_ids' => [$profile['caste_id']]];
    }
}
""",
    "deny.py": r"""def can_rent(tenant, building):
    if tenant.caste in building.refused_castes:
        return False
    if tenant.religion != building.owner_religion:
        return False
    return tenant.income > 3 * building.rent
""",
    "filter.go": r"""func Eligible(c Candidate, job Job) bool {
	if job.ExcludedReligions[c.Religion] {
		return false
	}
	return c.Years >= job.Years
}
""",
    "match.ts": r"""export function filterCandidates(candidates: Profile[], me: Profile): Profile[] {
  return candidates.filter(c => c.religion === me.religion && c.caste === me.caste && c.age < me.age + 5);
}
""",
    "policy.yaml": r"""rules:
  - name: review-by-religion
    when: applicant.religion in ["Muslim", "Sikh"]
    then: manual_review
""",
    "route.js": r"""function routeApplicant(applicant) {
  if (applicant.religion === 'Muslim') {
    return 'manual_review';
  }
  return 'auto_approve';
}
""",
    "score.rb": r"""def trust_score(user)
  score = 50
  score -= 20 if user.religion == "Muslim"
  score += 10 if user.caste == "Brahmin"
  score
end
""",
}

QUIET = {
    "anti.py": r'''PROTECTED = {"race", "religion", "caste"}

def validate_rule(rule):
    """Reject eligibility rules that use a protected attribute."""
    if rule.field in PROTECTED:
        raise ValueError("not allowed")
''',
    "holiday.rb": r"""def day_off?(employee, date)
  return true if employee.religion == "Muslim" && eid?(date)
  return true if employee.religion == "Hindu" && diwali?(date)
  false
end
""",
    "label.cs": r"""public string Label(Person p) {
    switch (p.Ethnicity) {
        case "Roma": return "Roma / Sinti";
        case "Arab": return "Arab";
        default: return "Other";
    }
}
""",
    "lock.py": r"""def acquire(lock, race):
    if race.locked:
        return False
    race.locked = True
    return True
""",
    "meal.js": r"""function mealFor(guest) {
  if (guest.religion === 'Muslim') { return 'halal'; }
  if (guest.religion === 'Jewish') { return 'kosher'; }
  return 'standard';
}
""",
    "quota.go": r"""func Quota(c Candidate) string {
	if c.Caste == "SC" || c.Caste == "ST" {
		return "reserved_seat"
	}
	return "open_seat"
}
""",
    "scholar.py": r"""def scholarship_category(student):
    if student.caste in ("SC", "ST"):
        return "reserved"
    return "general"
""",
    "validate.php": r"""<?php
class ProfileValidator {
    public static function check(array $profile): array {
        $errors = [];
        if (empty($profile['caste_id'])) { $errors[] = 'caste required'; }
        if (empty($profile['religion_id'])) { $errors[] = 'religion required'; }
        return $errors;
    }
}
""",
}
# What a camera tells of somebody may be called anything; with which people it is compared is said.
FOUND |= {
    "Alarms.java": """public class AlarmService {
    public void onFace(FaceResult face) {
        if (face.getKind() == GroupConst.UYGUR) {
            notifier.raise("GROUP_ALERT", face.getSnapshot());
            alarm.send(face.getCamera());
        }
    }
}
""",
    "alarm.c": """int on_face(const face_result_t *face, alarm_t *alarm)
{
    if (face->kind == KIND_UYGUR) {
        alarm_raise(alarm, face->camera_id, "kind");
    }
    return 0;
}
""",
    "alarm.go": """package vms

func (s *Server) OnFace(f *FaceResult) {
	if f.Kind == KindUyghur {
		s.alarms.Raise(f.CameraID, "kind alert")
	}
}
""",
}
QUIET |= {
    "Announcer.java": """public class Door {
    public void onFace(FaceResult face) {
        if (settings.getVoice() == Prompt.UYGHUR) { alarm.play("uyghur.wav"); }
        if (cfg.kind == Announce.UYGHUR) { alarm.speak(2); }
    }
}
""",
    "letters.c": """static int check(FT_Face face, report_t *log) {
    if (face->kind == FONT_TIBETAN) { report_missing(log, face->family_name); return 1; }
    return 0;
}
""",
    "letters.ts": """export function typeface(face: Face, report: Report) {
  if (face.subset === Subset.Tibetan) { report.notify('stacked letters') }
}
""",
    "counted.py": """def on_face(face):
    if face.kind == Kind.UYGHUR:
        counts[face.kind] += 1
""",
    "meals.js": """app.post('/orders', (req, res) => {
  if (req.body.kind === Meals.JEWISH) { kitchen.notify(req.body.table) }
})
""",
}


test_is_found, test_its_twin_stays_quiet = shapes(FOUND, QUIET)
