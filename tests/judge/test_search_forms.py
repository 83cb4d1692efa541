"""Forms by which persons are sought, in pages and components, and the forms that somebody fills in."""

from __future__ import annotations

from tests.judge.madeup import shapes

# ruff: noqa: E501 - files as they are

FOUND = {
    "Candidates.jsx": r"""export default function CandidateSearch({ onSearch }) {
  const [filters, setFilters] = useState({ ageMin: 18, ageMax: 40, caste: "", religion: "", city: "" });
  return (
    <form onSubmit={() => onSearch(filters)}>
      <input type="number" value={filters.ageMin} onChange={e => setFilters({ ...filters, ageMin: e.target.value })} />
      <select value={filters.religion} onChange={e => setFilters({ ...filters, religion: e.target.value })}>
        <option value="Hindu">Hindu</option><option value="Muslim">Muslim</option>
      </select>
      <button>Search candidates</button>
    </form>
  );
}
""",
    "Search.vue": r"""<template>
  <el-form :model="queryParams">
    <el-form-item label="姓名"><el-input v-model="queryParams.name" /></el-form-item>
    <el-form-item label="民族"><el-select v-model="queryParams.nation" placeholder="请选择民族"><el-option v-for="d in nations" :key="d" :label="d" /></el-select></el-form-item>
    <el-form-item label="身份证号"><el-input v-model="queryParams.idCard" /></el-form-item>
    <el-button @click="handleQuery">搜索</el-button>
  </el-form>
</template>
<script>
export default { data() { return { queryParams: { pageNum: 1, pageSize: 10, name: '', idCard: '', nation: '' } } },
 methods: { handleQuery() { listPerson(this.queryParams) } } }
</script>
""",
    "advanced.php": r"""<?php include "header.php"; ?>
<form method="POST" action="search_result.php" id="advForm">
 <div class="row"><div class="col">Looking for</div><select name="LookingFor"><option value="1">Groom</option><option value="2">Bride</option></select></div>
 <div class="row"><div class="col">Age</div><select name="age"></select> to <select name="toage"></select></div>
 <div class="row"><div class="col">Religion</div>
  <select class="form-control" id="Religion" name="Religion[]" multiple="multiple">
   <?php foreach($Info['Religion'] as $r) { ?><option value="<?php echo $r['Code'];?>"><?php echo $r['Value'];?></option><?php } ?>
  </select></div>
 <div class="row"><div class="col">Caste</div><select id="Caste" name="Caste[]" multiple="multiple"></select></div>
 <button type="submit">Search</button>
</form>
<script>
function submitSearch() {
  if ($('#Religion option:selected').length == 0) { $('#ErrReligion').html("Please select Religion"); return false; }
  $.post("search_result.php", $("#advForm").serialize(), function (data) { $("#result").html(data); });
}
</script>
""",
    "browse.dart": r"""class ProfileFilter {
  final int ageMin;
  final int ageMax;
  final String? religion;
  final String? community;
  const ProfileFilter({required this.ageMin, required this.ageMax, this.religion, this.community});
  Map<String, String> toQuery() => {'age_min': '$ageMin', 'age_max': '$ageMax', 'religion': religion ?? ''};
}
""",
    "filters.py": r"""class RoommateFilterForm(forms.Form):
    age_min = forms.IntegerField(required=False)
    age_max = forms.IntegerField(required=False)
    rent_max = forms.IntegerField(required=False)
    religion = forms.ChoiceField(choices=RELIGIONS, required=False)
""",
    "people.js": r"""import { getPeopleList } from '@/api/people'
export function renderTable() {
  const tableConfig = { method: getPeopleList, pagination: true, columns: [
      { prop: 'streetName', label: '街道名称' }, { prop: 'name', label: '姓名' }, { prop: 'idcard', label: '身份证号' } ] }
  const formConfig = {
    formItems: [
      { type: 'Input', label: '姓名', prop: 'name', placeholder: '请输入姓名', span: 4 },
      { type: 'Input', label: '身份证号', prop: 'idcard', span: 4 },
      { type: 'selectSearch', label: '民族', prop: 'nation', placeholder: '请选择民族', span: 4 },
    ],
  }
  return { tableConfig, formConfig }
}
""",
    "search.blade.php": r"""<form action="{{ route('profiles.search') }}" method="POST">
  @csrf
  <label>{{ __('Age from') }}</label><input name="age_from"><input name="age_to">
  <label>{{ __('Religion') }}</label>
  <select name="religion_id"><option value="">Any</option>@foreach($religions as $r)<option value="{{ $r->id }}">{{ $r->name }}</option>@endforeach</select>
  <label>{{ __('Caste') }}</label><select name="caste_id"></select>
  <button type="submit">{{ __('Search') }}</button>
</form>
""",
    "search.html": r"""<html><body><h2>Find your partner</h2>
<form action="/search" method="get">
 <label>Age from</label><input name="age_from"><label>Age to</label><input name="age_to">
 <label>Religion</label><select name="religion"><option>Hindu</option><option>Muslim</option><option>Christian</option></select>
 <label>Caste</label><input name="caste">
 <input type="submit" value="Search">
</form></body></html>
""",
    "tenants.js": r"""$("#filterBtn").click(function () {
  $.post("/tenants/search", {
    incomeMin: $("#incomeMin").val(),
    ageMin: $("#ageMin").val(),
    ageMax: $("#ageMax").val(),
    religion: $("#religion").val(),
    nationality: $("#nationality").val()
  }, function (rows) { render(rows); });
});
""",
}

QUIET = {
    "books.html": r"""<html><body><h2>Find a book</h2>
<form action="/search" method="get">
 <label>Author</label><input name="author"><label>Year from</label><input name="year_from">
 <label>Subject</label><select name="subject"><option>Religion</option><option>History</option></select>
 <input type="submit" value="Search">
</form></body></html>
""",
    "dialog.vue": r"""<template>
 <div>
  <el-form :model="queryParams">
    <el-form-item label="姓名"><el-input v-model="queryParams.name" /></el-form-item>
    <el-form-item label="身份证号"><el-input v-model="queryParams.idCard" /></el-form-item>
    <el-button @click="handleQuery">搜索</el-button>
  </el-form>
  <el-dialog title="新增居民"><el-form :model="form">
    <el-form-item label="姓名"><el-input v-model="form.name" /></el-form-item>
    <el-form-item label="民族"><el-select v-model="form.nation" placeholder="请选择民族"><el-option v-for="d in nations" :key="d" :label="d" /></el-select></el-form-item>
    <el-form-item label="身份证号"><el-input v-model="form.idCard" /></el-form-item>
  </el-form></el-dialog>
 </div>
</template>
""",
    "edit.jsx": r"""export default function EditProfile({ profile, onSave }) {
  const [form, setForm] = useState({ name: "", age: 18, caste: "", religion: "", city: "" });
  return (
    <form onSubmit={() => onSave(form)}>
      <input value={form.name} onChange={e => setForm({ ...form, name: e.target.value })} />
      <select value={form.religion} onChange={e => setForm({ ...form, religion: e.target.value })}>
        <option value="Hindu">Hindu</option><option value="Muslim">Muslim</option>
      </select>
      <button>Save</button>
    </form>
  );
}
""",
    "person_form.js": r"""import { savePerson } from '@/api/people'
export function renderForm() {
  const formConfig = {
    title: '新增人员',
    formItems: [
      { type: 'Input', label: '姓名', prop: 'name', required: true },
      { type: 'Input', label: '身份证号', prop: 'idcard', required: true },
      { type: 'select', label: '民族', prop: 'nation', required: true },
    ],
    submit: savePerson,
  }
  return { formConfig }
}
""",
    "register.php": r"""<form method="POST" action="register.php">
 <div>Name</div><input name="name">
 <div>Date of birth</div><input name="dob">
 <div>Religion</div><select name="Religion"><?php foreach($Info['Religion'] as $r) { ?><option><?php echo $r; ?></option><?php } ?></select>
 <div>Caste</div><input name="Caste">
 <button type="submit">Register</button>
</form>
<script>
function submitRegister() { if ($('#Religion option:selected').length == 0) { $('#ErrReligion').html("Please select Religion"); return false; } }
</script>
""",
    "signup.php": r"""<form method="POST" action="signup.php" id="regForm">
 <div class="row"><div>Looking for</div><select name="LookingFor"><option>Groom</option><option>Bride</option></select></div>
 <div class="row"><div>Your name</div><input name="name"></div>
 <div class="row"><div>Email</div><input name="email"></div>
 <div class="row"><div>Age</div><input name="age"></div>
 <div class="row"><div>Religion</div><select id="Religion" name="Religion"></select></div>
 <button type="submit">Join</button>
</form>
""",
    "staff.vue": r"""<template>
  <el-form :model="queryParams">
    <el-form-item label="员工姓名"><el-input v-model="queryParams.name" /></el-form-item>
    <el-form-item label="民族"><el-select v-model="queryParams.nation"><el-option v-for="d in nations" :key="d" :label="d" /></el-select></el-form-item>
    <el-form-item label="身份证号"><el-input v-model="queryParams.idCard" /></el-form-item>
  </el-form>
</template>
""",
    "students.vue": r"""<template>
  <el-form :model="queryParams">
    <el-form-item label="学号"><el-input v-model="queryParams.studentNo" /></el-form-item>
    <el-form-item label="班级"><el-input v-model="queryParams.className" /></el-form-item>
    <el-button @click="handleQuery">搜索</el-button>
  </el-form>
  <el-table :data="students"><el-table-column label="姓名" prop="name"/><el-table-column label="民族" prop="nation"/></el-table>
</template>
""",
    "temples.js": r"""$("#filterBtn").click(function () {
  $.post("/places/search", { city: $("#city").val(), religion: $("#religion").val(), type: "temple" }, function (rows) { render(rows); });
});
""",
}


test_is_found, test_its_twin_stays_quiet = shapes(FOUND, QUIET)
