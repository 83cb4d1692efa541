"""Forms written as JSX: each label is read with the others of its form."""

from __future__ import annotations

import pytest
from tests.judge.madeup import judge_files, shapes

from sousveil.model import Verdict

# ruff: noqa: E501 - files as they are

FOUND = {
    "Search.tsx": r"""export function FindPartner() {
  return (
    <form onSubmit={search}>
      <label>Age from</label><input name="ageFrom" /><label>Age to</label><input name="ageTo" />
      <label>Religion</label><select name="religion"><option>Hindu</option><option>Muslim</option></select>
      <label>Caste</label><input name="caste" />
      <button>Search profiles</button>
    </form>
  );
}
""",
}

QUIET = {
    "Book.tsx": r"""export function FindBook() {
  return (
    <form onSubmit={search}>
      <label>Author</label><input name="author" /><label>Year from</label><input name="yearFrom" />
      <label>Subject</label><select name="subject"><option>Religion</option><option>Islam</option></select>
      <button>Search</button>
    </form>
  );
}
""",
    "Race.tsx": r"""export function RaceForm() {
  return (
    <form onSubmit={save}>
      <label>Race</label><input name="race" /><label>Distance</label><input name="distance" />
      <label>Start time</label><input name="start" />
      <button>Create race</button>
    </form>
  );
}
""",
}

RECORDED = {
    "Modal.tsx": r"""export const MemberModal = () => (
  <Modal title="Member">
    <TextField label="First name" name="firstName" />
    <TextField label="Date of birth" name="birth" />
    <TextField label="Religion" name="religion" />
    <TextField label="Email" name="email" />
  </Modal>
);
""",
    "Patient.jsx": r"""const PatientForm = () => (
  <Form onFinish={save}>
    <Form.Item label="Name" name="name"><Input /></Form.Item>
    <Form.Item label="Phone" name="phone"><Input /></Form.Item>
    <Form.Item label="Ethnicity" name="ethnicity"><Select options={[{label:'Asian',value:'a'},{label:'Black',value:'b'}]} /></Form.Item>
  </Form>
);
""",
    "Voter.tsx": r"""export function AddVoter() {
  return (
    <form onSubmit={save}>
      <div><label className="l">Full Name</label><input name="fullName" /></div>
      <div><label className="l">Date of Birth</label><input name="dob" /></div>
      <div><label className="l">Address</label><input name="address" /></div>
      <div><label className="l">Caste Category</label><select><option value="">Select Caste</option><option value="SC">SC (Scheduled Castes)</option></select></div>
      <div><label className="l">Religion</label><select><option value="Hindu">Hindu</option><option value="Muslim">Muslim</option></select></div>
      <button>Register voter</button>
    </form>
  );
}
""",
}


test_is_found, test_its_twin_stays_quiet = shapes(FOUND, QUIET)


@pytest.mark.parametrize("name", RECORDED)
def test_recorded(name: str) -> None:
    assert judge_files({name: RECORDED[name]}).verdict is Verdict.RECORDS
